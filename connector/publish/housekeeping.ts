import type { Generation } from './generation.store.js';
import type { ConnectorDatabase } from '../connector-database.js';

const PRUNE_ROWS = 20_000;
/** What a batch was made from and holds; its line in the account of what left stays longer. */
const KEPT_BATCHES_DAYS = 30;
const KEPT_ACCOUNT_DAYS = 730;

/** Forgets what no batch can need any more. Bounded per call, so that it never holds up the lane. */
export async function forgetOldChanges(db: ConnectorDatabase): Promise<number> {
  const { pruned } = await db.one<{ pruned: string }>('SELECT replication.prune_changes($1) AS pruned', [
    PRUNE_ROWS,
  ]);
  return Number(pruned);
}

export async function forgetOldBatches(db: ConnectorDatabase, generation: Generation): Promise<void> {
  await db.query(
    `DELETE FROM replication.batch WHERE state = 'published' AND (generation, n) < ($1, $2)
       AND published_at < clock_timestamp() - make_interval(days => ${String(KEPT_BATCHES_DAYS)})`,
    [generation.id, generation.head],
  );
}

/** The account of single batches; when a record was first and last published stays. */
export async function forgetOldAccount(db: ConnectorDatabase): Promise<void> {
  await db.query(
    `DELETE FROM replication.published_batch WHERE place IN (SELECT b.place FROM replication.published_batch b
       WHERE b.published_at < clock_timestamp() - make_interval(days => ${String(KEPT_ACCOUNT_DAYS)})
       ORDER BY b.published_at LIMIT ${String(PRUNE_ROWS)})`,
  );
}

/** Days offline: one entry per key is enough for a delta, and keeps the log from growing without end. */
export async function coalesceChanges(db: ConnectorDatabase, generation: Generation): Promise<void> {
  if (generation.cursor === null) return;
  await db.query('SELECT replication.coalesce_changes($1::pg_snapshot)', [generation.cursor]);
}
