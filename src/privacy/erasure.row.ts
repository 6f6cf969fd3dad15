import { query, type SqlRunner } from '../platform/database/index.js';
import { NotFound } from '../platform/errors/index.js';

/** How far an erasure has come; each step is proven by what the next one needs. */
export type ErasureState =
  /** gone at home; the cloud copy is rewritten together with that of others, soon */
  | 'waiting'
  /** a generation without it is being made */
  | 'rewriting'
  /** that generation is in force, and older objects are being deleted */
  | 'purging'
  /** a receipt says that they are gone; some replica has not said so yet */
  | 'receipted'
  /** every replica has said that it stands in the new generation and has destroyed the older keys */
  | 'acknowledged';

export interface StoredErasure {
  id: string;
  sequence: number;
  subject: { type: string; id: string };
  reason: string;
  urgent: boolean;
  requestedAt: string;
  requestedBy: string | null;
  erased: Record<string, number>;
  state: ErasureState;
  /** the generation that was made without it, and whose receipt tells of it */
  generation: number | null;
}

const SELECT = `
  SELECT e.id, e.sequence, json_build_object('type', e.subject_type, 'id', e.subject_id) AS subject, e.reason, e.urgent,
    to_char(e.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "requestedAt",
    e.requested_by AS "requestedBy", e.erased, c.generation,
    CASE WHEN r.generation IS NULL THEN 'waiting' WHEN g.live_at IS NULL THEN 'rewriting'
      WHEN c.generation IS NULL THEN 'purging' WHEN c.is_final THEN 'acknowledged' ELSE 'receipted' END AS state
  FROM replication.erasure e
  JOIN replication.generation_request r ON r.id = e.request_id
  LEFT JOIN replication.generation g ON g.id = r.generation
  LEFT JOIN LATERAL (SELECT c.generation, c.is_final FROM replication.receipt c WHERE c.generation >= g.id
    AND g.live_at IS NOT NULL ORDER BY c.generation LIMIT 1) c ON true`;

/** @throws NotFound */
export async function erasureById(runner: SqlRunner, id: string): Promise<StoredErasure> {
  const [row] = await query<StoredErasure>(runner, `${SELECT} WHERE e.id = $1`, [id]);
  if (row === undefined) throw new NotFound({ detail: 'There is no erasure with this id.' });
  return row;
}

/** Newest first. @param before a sequence number, null for the first page */
export function listErasures(
  runner: SqlRunner,
  page: { before: number | null; limit: number },
): Promise<StoredErasure[]> {
  return query<StoredErasure>(
    runner,
    `${SELECT} WHERE $1::int IS NULL OR e.sequence < $1 ORDER BY e.sequence DESC LIMIT $2`,
    [page.before, page.limit],
  );
}
