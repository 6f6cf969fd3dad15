import type { Generation } from './generation.store.js';
import type { ConnectorDatabase } from '../connector-database.js';

const PRUNE_ROWS = 20_000;
/** Published batches stay in the database for so long, as an account of what left. */
const KEPT_BATCHES_DAYS = 30;

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

/** Days offline: one entry per key is enough for a delta, and keeps the log from growing without end. */
export async function coalesceChanges(db: ConnectorDatabase, generation: Generation): Promise<void> {
  if (generation.cursor === null) return;
  await db.query('SELECT replication.coalesce_changes($1::pg_snapshot)', [generation.cursor]);
}
