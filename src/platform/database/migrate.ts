import type pg from 'pg';
import { MigrationExecutor, type DataSource, type Migration } from 'typeorm';
import { lockKeys, withAdvisoryLock, withClient } from './admin-client.js';
import { createDataSource, migrationsSchema } from './data-source.js';
import { loadMigrations } from './migration-files.js';
import { relaxConstraints } from './relax.js';
import { grantConnect, type DatabaseKind } from './roles.js';

export interface MigrationStep {
  name: string;
  /** 1 for the first step */
  step: number;
  of: number;
  durationMs: number;
}

/**
 * Brings a database to the schema of this program, each migration in a transaction of its own, and on a replica drops
 * the constraints that a partial copy cannot keep. A second run waits for the first and then finds nothing to do.
 * @param ownerUrl URL of the database as `holdfast_owner`
 */
export async function migrate(
  ownerUrl: string,
  kind: DatabaseKind,
  onStep: (step: MigrationStep) => void = () => undefined,
): Promise<void> {
  await withClient(ownerUrl, 'holdfast migrate', (client) =>
    withAdvisoryLock(client, lockKeys.migrate, async () => {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${migrationsSchema}`);
      await withMigrations(ownerUrl, (dataSource) => runPending(dataSource, onStep));
      await grantConnect(client, kind);
      if (kind === 'replica') await relax(client, onStep);
    }),
  );
}

/** Names of the migrations that this program has and the database has not; for the readiness check. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await dataSource.query(
    `SELECT name FROM ${migrationsSchema}.schema_migration`,
  );
  const done = new Set(rows.map((row) => row.name));
  return (await loadMigrations()).map(({ name }) => name).filter((name) => !done.has(name));
}

async function withMigrations(url: string, work: (dataSource: DataSource) => Promise<void>): Promise<void> {
  const dataSource = createDataSource({
    url,
    entities: [],
    migrations: await loadMigrations(),
    poolSize: 2,
    applicationName: 'holdfast migrate',
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  });
  await dataSource.initialize();
  try {
    await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function runPending(dataSource: DataSource, onStep: (step: MigrationStep) => void): Promise<void> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  for (const [index, migration] of pending.entries()) {
    const startedAt = Date.now();
    await runOne(dataSource, migration);
    const durationMs = Date.now() - startedAt;
    onStep({ name: migration.name, step: index + 1, of: pending.length, durationMs });
  }
}

async function runOne(dataSource: DataSource, migration: Migration): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    await new MigrationExecutor(dataSource, runner).executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

async function relax(client: pg.Client, onStep: (step: MigrationStep) => void): Promise<void> {
  const startedAt = Date.now();
  const done = await relaxConstraints(client);
  if (done.length > 0) onStep({ name: 'relax', step: 1, of: 1, durationMs: Date.now() - startedAt });
}
