// Takes a subject out for good: its row, what only tells of it, its files, and the key that its history was sealed under.
// The audit's entries stay with their proofs; their values can no longer be opened by anybody.
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/index.js';
import { query, type SqlRunner } from '../platform/database/index.js';
import { recordTypes, type RecordTypeMeta, type RequestContext } from '../records/index.js';

/** Types whose records have no content but about another record. */
const ABOUT_OTHERS = ['activity'];

/** Rows that went, by type; empty where nothing was there. */
export type Erased = Record<string, number>;

@Injectable()
export class EraseSubject {
  constructor(private readonly audit: AuditTrail) {}

  async run(tx: SqlRunner, ctx: RequestContext, type: RecordTypeMeta, id: string): Promise<Erased> {
    const erased: Erased = {};
    for (const dependent of recordTypes()) {
      for (const field of dependent.fields) {
        if (field.target !== type.name || !tellsOnlyOf(dependent, type, field.name)) continue;
        const rows = await query<{ id: string }>(
          tx,
          `SELECT id FROM ${dependent.table} WHERE "${field.column}" = $1 ORDER BY id FOR UPDATE`,
          [id],
        );
        for (const row of rows) await this.remove(tx, ctx, dependent, row.id, erased);
      }
    }
    await this.remove(tx, ctx, type, id, erased);
    return erased;
  }

  private async remove(
    tx: SqlRunner,
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    erased: Erased,
  ): Promise<void> {
    await this.removeFiles(tx, type, id, erased);
    await query(tx, 'DELETE FROM crm.follow WHERE record_type = $1 AND record_id = $2', [type.name, id]);
    const gone = await query(tx, `DELETE FROM ${type.table} WHERE id = $1 RETURNING 1`, [id]);
    await query(tx, 'SELECT audit.destroy_subject_key($1, $2)', [type.name, id]);
    if (gone.length === 0) return;
    erased[type.name] = (erased[type.name] ?? 0) + 1;
    const what = { action: 'erase', type: type.name, recordId: id, fieldNames: [] };
    await this.audit.append(tx, ctx, [{ ...what, before: null, after: null }]);
  }

  /** Content that nothing else shows is due at the next upkeep, without the usual day of grace. */
  private async removeFiles(tx: SqlRunner, type: RecordTypeMeta, id: string, erased: Erased): Promise<void> {
    const files = await query<{ id: string; blob_id: string | null }>(
      tx,
      'DELETE FROM crm.attachment WHERE record_type = $1 AND record_id = $2 RETURNING id, blob_id',
      [type.name, id],
    );
    if (files.length === 0) return;
    erased.attachment = (erased.attachment ?? 0) + files.length;
    await query(
      tx,
      `UPDATE files.blob b SET unreferenced_since = '-infinity' WHERE b.id = ANY ($1)
         AND NOT EXISTS (SELECT 1 FROM crm.attachment a WHERE a.blob_id = b.id)`,
      [files.map((file) => file.blob_id)],
    );
  }
}

function tellsOnlyOf(dependent: RecordTypeMeta, whole: RecordTypeMeta, field: string): boolean {
  const { partOf } = dependent;
  if (partOf?.type === whole.name && partOf.field === field) return true;
  return ABOUT_OTHERS.includes(dependent.name);
}
