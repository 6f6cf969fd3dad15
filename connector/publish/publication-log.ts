// The account of what left. It is written in the transactions that the lane makes anyway, and where it is not certain
// that something left (a batch that was given up while its manifest was on its way) it says that it did.
import type { Session } from '../connector-database.js';
import type { CloudType } from './cloud-catalog.js';

const PLACE = (generation: string, n: string): string => `((${generation})::bigint << 32 | ${n})`;

/** Stands for the ledger's first snapshot wherever a row has no place of its own. */
const BASE = `SELECT ${PLACE('g.ledger_since', '1')} FROM replication.generation g WHERE g.id = $1`;

/** The place of a batch as a parameter of SQL: two numbers in one, compared as batches are. */
export function placeOf({ generation, n }: { generation: number; n: number }): string {
  return ((BigInt(generation) << 32n) | BigInt(n)).toString();
}

/** In the transaction that marks a batch as published, before its undo is forgotten. */
export async function logBatch(tx: Session, batch: { generation: number; n: number }): Promise<void> {
  const { generation, n } = batch;
  await tx.query(
    `INSERT INTO replication.published_batch
       (place, generation, n, kind, policy_version, as_of, published_at, manifest, bytes, types, objects)
     SELECT ${PLACE('b.generation', 'b.n')}, b.generation, b.n, b.kind, b.policy_version, b.as_of, clock_timestamp(),
       b.digest, (SELECT coalesce(sum((o ->> 'bytes')::bigint), 0) FROM jsonb_array_elements(l.objects) o),
       (SELECT coalesce(jsonb_agg(jsonb_build_object('type', t ->> 'type', 'upserts', t -> 'upserts',
          'deletes', t -> 'deletes')), '[]') FROM jsonb_array_elements(b.types) t
        WHERE (t ->> 'upserts')::bigint + (t ->> 'deletes')::bigint > 0), l.objects
     FROM replication.batch b CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(jsonb_build_object('name', o -> 'name', 'bytes', o -> 'bytes', 'sha256', o -> 'sha256')),
         '[]') AS objects FROM jsonb_array_elements(b.parts || coalesce(b.attachments -> 'lists', '[]')
           || coalesce(b.attachments -> 'added', '[]')) o) l
     WHERE b.generation = $1 AND b.n = $2 ON CONFLICT (place) DO NOTHING`,
    [generation, n],
  );
  await tx.query(
    `INSERT INTO replication.publication AS p (type, id, first_place, last_place, withdrawn_place)
     SELECT u.type, u.id, coalesce(u.first_place, (${BASE})), coalesce(u.last_place, (${BASE})), $2
     FROM replication.ledger_undo u WHERE u.digest IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM replication.ledger l WHERE l.type = u.type AND l.id = u.id)
     ON CONFLICT (type, id) DO UPDATE
       SET last_place = excluded.last_place, withdrawn_place = excluded.withdrawn_place`,
    [generation, placeOf(batch)],
  );
}

/** Before a ledger is emptied: what it says was published stays known. */
export async function keepLedger(tx: Session, generation: number): Promise<void> {
  await tx.query(
    `INSERT INTO replication.publication AS p (type, id, first_place, last_place)
     SELECT l.type, l.id, coalesce(l.first_place, (${BASE})), coalesce(l.last_place, (${BASE}))
     FROM replication.ledger l
     ON CONFLICT (type, id) DO UPDATE SET last_place = excluded.last_place, withdrawn_place = NULL`,
    [generation],
  );
}

/** With which fields each type leaves under a policy. */
export async function keepFields(
  tx: Session,
  policyVersion: number,
  types: readonly CloudType[],
): Promise<void> {
  await tx.query(
    `INSERT INTO replication.published_fields (policy_version, type, columns, treatments)
     SELECT $1, t.type, t.columns, t.treatments
     FROM jsonb_to_recordset($2::jsonb) AS t (type text, columns jsonb, treatments jsonb) ON CONFLICT DO NOTHING`,
    [
      policyVersion,
      JSON.stringify(types.map(({ type, columns, treatments = null }) => ({ type, columns, treatments }))),
    ],
  );
}
