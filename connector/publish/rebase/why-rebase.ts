import type { ConnectorDatabase } from '../../connector-database.js';
import type { Generation } from '../generation.store.js';

export interface RebaseReason {
  reason: string;
  /** what the old generation holds has to leave the bucket now, whoever is still reading it */
  mustPurgeAtOnce: boolean;
}

export interface RebaseRules {
  /** batches after the snapshot, above which a fresh replica would have to read too many */
  maxBatches: number;
  /** how long a generation that was compacted away stays for readers that are on their way through it */
  graceMs: number;
  /** a pause of so many times what the last one took, so that compacting is never most of the work */
  pauseFactor: number;
  /** how often a reason is looked for */
  lookEveryMs: number;
}

export const DEFAULT_RULES: RebaseRules = {
  maxBatches: 10_000,
  graceMs: 3_600_000,
  pauseFactor: 10,
  lookEveryMs: 10_000,
};

/** Too few batches to be worth a new snapshot, however large they are. */
const FEWEST_BATCHES = 100;

interface Tail {
  tail_bytes: string;
  snapshot_bytes: string;
  took_ms: string;
  live_ms: string;
}

/** A new snapshot is due when somebody asked for it, or when the batches after the last weigh as much as it does. */
export async function whyRebase(
  db: ConnectorDatabase,
  generation: Generation,
  rules: RebaseRules,
): Promise<RebaseReason | null> {
  const [request] = await db.query<{ reason: string; purge_at_once: boolean }>(
    `SELECT string_agg(DISTINCT r.reason, ', ' ORDER BY r.reason) AS reason, bool_or(r.purge_at_once) AS purge_at_once
     FROM replication.generation_request r
     WHERE r.generation IS NULL AND NOT r.stops_publishing AND r.due_at <= clock_timestamp() HAVING count(*) > 0`,
  );
  if (request !== undefined) return { reason: request.reason, mustPurgeAtOnce: request.purge_at_once };
  if (generation.head - 1 < Math.min(FEWEST_BATCHES, rules.maxBatches)) return null;
  const tail = await db.one<Tail>(
    `SELECT coalesce(sum(p.bytes) FILTER (WHERE b.n > 1), 0)::bigint AS tail_bytes,
       coalesce(sum(p.bytes) FILTER (WHERE b.n = 1), 0)::bigint AS snapshot_bytes,
       coalesce((extract(epoch FROM g.live_at - g.created_at) * 1000)::bigint, 0) AS took_ms,
       coalesce((extract(epoch FROM clock_timestamp() - g.live_at) * 1000)::bigint, 0) AS live_ms
     FROM replication.generation g LEFT JOIN replication.batch b ON b.generation = g.id
     LEFT JOIN LATERAL (SELECT (e ->> 'bytes')::bigint AS bytes FROM jsonb_array_elements(b.parts) e) p ON true
     WHERE g.id = $1 GROUP BY g.id`,
    [generation.id],
  );
  if (Number(tail.live_ms) < rules.pauseFactor * Number(tail.took_ms)) return null;
  const isLong = generation.head - 1 >= rules.maxBatches;
  const isHeavy = Number(tail.tail_bytes) > Number(tail.snapshot_bytes);
  return isLong || isHeavy ? { reason: 'compaction', mustPurgeAtOnce: false } : null;
}

/** Something has to leave that the re-base under way may have read already: to finish it would publish it once more. */
export async function isErasureWaiting(db: ConnectorDatabase): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM replication.generation_request
     WHERE generation IS NULL AND purge_at_once AND due_at <= clock_timestamp() LIMIT 1`,
  );
  return rows.length > 0;
}
