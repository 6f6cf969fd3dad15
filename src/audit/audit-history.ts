import { query, type SqlRunner } from '../platform/database/index.js';
import type { AuditRecord } from './audit-entry.js';
import { AuditPayloadBroken } from './audit.errors.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';
import { openPayload } from './sealing.js';
import { subjectName } from './subject-keys.js';

export interface HistoryPage {
  readonly limit: number;
  /** entries older than this one, the last of the page before */
  readonly before?: { readonly at: string; readonly id: string };
}

interface Row {
  id: string;
  at: Date;
  actor_kind: string;
  actor_id: string | null;
  actor_name: string;
  action: string;
  field_names: string[];
  commitment: Buffer | null;
  subject_type: string | null;
  subject_id: string | null;
  ciphertext: Buffer | null;
  wrapped: Buffer | null;
}

interface Payload {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

const select = `
  SELECT l.id, l.at, l.actor_kind, l.actor_id, l.actor_name, l.action, l.field_names, l.commitment,
         p.subject_type, p.subject_id, p.ciphertext, k.wrapped
  FROM audit.leaf l
  LEFT JOIN audit.payload p ON p.at = l.at AND p.leaf_id = l.id
  LEFT JOIN audit.subject_key k ON k.subject_type = p.subject_type AND k.subject_id = p.subject_id
  WHERE l.type = $1 AND l.record_id = $2`;

export async function readHistory(
  runner: SqlRunner,
  kek: KeyEncryptionKey,
  type: string,
  recordId: string,
  page: HistoryPage,
): Promise<AuditRecord[]> {
  const after = page.before ? ' AND (l.at, l.id) < ($4::timestamptz, $5::uuid)' : '';
  const rows = await query<Row>(runner, `${select}${after} ORDER BY l.at DESC, l.id DESC LIMIT $3`, [
    type,
    recordId,
    page.limit,
    ...(page.before ? [page.before.at, page.before.id] : []),
  ]);
  return rows.map((row) => toRecord(row, kek));
}

function toRecord(row: Row, kek: KeyEncryptionKey): AuditRecord {
  const payload = openRow(row, kek);
  return {
    id: row.id,
    at: row.at.toISOString(),
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    fieldNames: row.field_names,
    before: payload?.before ?? null,
    after: payload?.after ?? null,
    erased: row.ciphertext !== null && row.wrapped === null,
  };
}

function openRow(row: Row, kek: KeyEncryptionKey): Payload | null {
  if (!row.ciphertext || !row.wrapped || !row.commitment || !row.subject_type || !row.subject_id) return null;
  try {
    const key = kek.unwrap(row.wrapped, subjectName({ type: row.subject_type, id: row.subject_id }));
    return openPayload(key, row.ciphertext, row.commitment, row.id) as Payload;
  } catch (error) {
    throw new AuditPayloadBroken(row.id, error);
  }
}

/** One of several records whose entries are read together. */
export interface AuditSubjectRecord {
  readonly type: string;
  readonly id: string;
}

export type RecordedChange = AuditRecord & { readonly type: string; readonly recordId: string };

/** Entries about any of the records, newest first; each record's own index is walked, however many entries there are. */
export async function readHistoryOf(
  runner: SqlRunner,
  kek: KeyEncryptionKey,
  records: readonly AuditSubjectRecord[],
  page: HistoryPage,
): Promise<RecordedChange[]> {
  const after = page.before ? ' AND (l.at, l.id) < ($4::timestamptz, $5::uuid)' : '';
  const rows = await query<Row & { type: string; record_id: string }>(
    runner,
    `SELECT e.*, p.subject_type, p.subject_id, p.ciphertext, k.wrapped FROM (
       SELECT l.* FROM unnest($1::text[], $2::uuid[]) r (type, id) CROSS JOIN LATERAL (
         SELECT l.id, l.at, l.actor_kind, l.actor_id, l.actor_name, l.action, l.field_names, l.commitment, l.type,
                l.record_id
         FROM audit.leaf l WHERE l.type = r.type AND l.record_id = r.id${after}
         ORDER BY l.at DESC, l.id DESC LIMIT $3) l
       ORDER BY l.at DESC, l.id DESC LIMIT $3) e
     LEFT JOIN audit.payload p ON p.at = e.at AND p.leaf_id = e.id
     LEFT JOIN audit.subject_key k ON k.subject_type = p.subject_type AND k.subject_id = p.subject_id
     ORDER BY e.at DESC, e.id DESC`,
    [
      records.map(({ type }) => type),
      records.map(({ id }) => id),
      page.limit,
      ...(page.before ? [page.before.at, page.before.id] : []),
    ],
  );
  return rows.map((row) => ({ ...toRecord(row, kek), type: row.type, recordId: row.record_id }));
}
