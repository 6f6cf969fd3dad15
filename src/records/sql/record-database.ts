import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient, QueryArrayConfig } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { translateDatabaseError } from './database-errors.js';

/** A row as PostgreSQL wrote it: texts in the order of the select list. */
export type TextRow = readonly (string | null)[];

// Every statement kept costs memory in each connection; shapes beyond this many are planned anew each time.
const maxPrepared = 500;

const textOnly = { getTypeParser: () => (text: string | Buffer) => text };

/**
 * Reads past TypeORM: rows as arrays of texts, statements prepared under a name that follows from their text.
 * That is what keeps lists near the speed of a bare driver.
 */
@Injectable()
export class RecordDatabase {
  private readonly names = new Map<string, string>();

  constructor(private readonly dataSource: DataSource) {}

  async read(text: string, params: readonly unknown[], tx?: QueryRunner): Promise<TextRow[]> {
    const name = this.nameOf(text);
    const config = {
      ...(name ? { name } : {}),
      text,
      values: [...params],
      rowMode: 'array',
      types: textOnly,
    } as QueryArrayConfig;
    try {
      const client = tx ? ((await tx.connect()) as PoolClient) : this.pool();
      return (await client.query(config)).rows as TextRow[];
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  private pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known) return known;
    if (this.names.size >= maxPrepared) return undefined;
    const name = `r${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    this.names.set(text, name);
    return name;
  }
}
