import { query, type SqlRunner } from '../../platform/database/index.js';

/** A row of audit.leaf as it is read for its text. `sealed_digest` is of its values, as they lie encrypted. */
export interface LeafRow {
  id: string;
  at: Date;
  actor_kind: string;
  actor_id: string | null;
  actor_name: string;
  on_behalf_of: string | null;
  ip: string | null;
  origin: string | null;
  request_id: string;
  reason: string | null;
  action: string;
  type: string;
  record_id: string | null;
  field_names: string[];
  commitment: Buffer | null;
  subject_type: string | null;
  subject_id: string | null;
  sealed_digest: Buffer | null;
}

const columns = `l.id, l.at, l.actor_kind, l.actor_id, l.actor_name, l.on_behalf_of, l.ip, l.origin, l.request_id,
  l.reason, l.action, l.type, l.record_id, l.field_names, l.commitment,
  p.subject_type, p.subject_id, sha256(p.ciphertext) AS sealed_digest`;

/**
 * SQL of one leaf with its values, for a LATERAL join. The limit keeps the planner from reading whole partitions where
 * each row is one look into an index.
 * @param at expression of its time
 * @param id expression of its id
 */
export const leafSql = (at: string, id: string): string => `
  SELECT ${columns} FROM audit.leaf l LEFT JOIN audit.payload p ON p.at = l.at AND p.leaf_id = l.id
  WHERE l.at = ${at} AND l.id = ${id} LIMIT 1`;

/**
 * What is hashed of an entry, see docs/audit.md: written as JSON.stringify writes it, members in this order. The values
 * are in it as they lie encrypted, so that it stays the same when their key is destroyed.
 */
export function leafText(row: LeafRow): string {
  return JSON.stringify({
    format: 'holdfast-audit-leaf/1',
    id: row.id,
    at: row.at.toISOString(),
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    onBehalfOf: row.on_behalf_of,
    ip: row.ip,
    origin: row.origin,
    requestId: row.request_id,
    reason: row.reason,
    action: row.action,
    type: row.type,
    recordId: row.record_id,
    fieldNames: row.field_names,
    commitment: row.commitment?.toString('hex') ?? null,
    values: row.sealed_digest && {
      subjectType: row.subject_type,
      subjectId: row.subject_id,
      sha256: row.sealed_digest.toString('hex'),
    },
  });
}

/** The oldest entries that wait for a place in the tree. One whose row is gone is passed over; verifying names it. */
export function waitingLeaves(tx: SqlRunner, limit: number): Promise<LeafRow[]> {
  return query<LeafRow>(
    tx,
    `SELECT e.* FROM audit.tree_queue q CROSS JOIN LATERAL (${leafSql('q.at', 'q.leaf_id')}) e
     ORDER BY q.at, q.leaf_id LIMIT $1`,
    [limit],
  );
}
