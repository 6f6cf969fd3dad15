import type { QueryRunner } from 'typeorm';
import { kinds } from '../kinds/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordChange } from '../ports/record-behaviour.js';
import type { RecordDatabase } from '../sql/record-database.js';

/**
 * Refuses those of a batch whose unique values are taken, by a stored record or by an earlier one of the batch. The
 * unique index stays the judge; this only keeps one bad row from failing all the others.
 */
export async function findTaken(
  database: RecordDatabase,
  tx: QueryRunner,
  type: RecordTypeMeta,
  changes: readonly RecordChange[],
): Promise<void> {
  for (const field of type.fields) {
    if (!field.unique || field.kind === 'id') continue;
    const valueOf = (change: RecordChange): unknown => change.after[field.name] ?? null;
    const values = changes.map(valueOf).filter((value) => value !== null);
    if (values.length === 0) continue;
    const rows = await database.read(
      `SELECT t."${field.column}" FROM ${type.table} t ` +
        `WHERE t."${field.column}" = ANY($1::${kinds[field.kind].sqlType}[]) AND t."deleted_at" IS NULL`,
      [values],
      tx,
    );
    const taken = new Set<unknown>(rows.map(([text]) => text));
    for (const change of changes) {
      const value = valueOf(change);
      if (value === null) continue;
      if (taken.has(value)) change.refuse(field.name, 'is taken by another record');
      else taken.add(value);
    }
  }
}
