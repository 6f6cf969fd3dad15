import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { DataSource, EntityManager } from 'typeorm';
import type { SqlRunner } from './transaction.js';

// Every statement kept costs memory in each connection; texts beyond this many are planned anew each time.
const maxPrepared = 500;
const names = new Map<string, string>();

/** The name to prepare a statement under, which follows from its text; undefined where there are too many already. */
export function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= maxPrepared) return undefined;
  const name = `h${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  names.set(text, name);
  return name;
}

/** What TypeORM runs its statements on: for those that go past it, in the same transaction. */
export async function connectionOf(runner: SqlRunner): Promise<Pool | PoolClient> {
  if (runner instanceof DataSource) return (runner.driver as unknown as { master: Pool }).master;
  if (runner instanceof EntityManager) return connectionOf(runner.queryRunner ?? runner.dataSource);
  return (await runner.connect()) as PoolClient;
}

/**
 * Runs a statement whose text is always the same, so that PostgreSQL parses and plans it once per connection.
 * Not for texts that are put together from what somebody asks for: see {@link statementName}.
 */
export async function queryPrepared<T>(
  runner: SqlRunner,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const name = statementName(text);
  const connection = await connectionOf(runner);
  const { rows } = await connection.query({ ...(name ? { name } : {}), text, values: [...parameters] });
  return rows as T[];
}
