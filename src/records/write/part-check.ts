import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import { findRecordType } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { AccessPolicy } from '../ports/access-policy.js';
import type { RecordChange } from '../ports/record-behaviour.js';
import type { RecordDatabase } from '../sql/record-database.js';

/**
 * A new part (a line of a deal) needs the right to change the whole. Parts that exist are guarded by their own
 * predicate, which is that of the whole.
 */
export async function refuseParts(
  database: RecordDatabase,
  policy: AccessPolicy,
  ctx: RequestContext,
  tx: QueryRunner,
  type: RecordTypeMeta,
  changes: readonly RecordChange[],
): Promise<void> {
  const { partOf } = type;
  const whole = partOf && findRecordType(partOf.type);
  if (!whole) return;
  const ids = changes.map(({ after }) => after[partOf.field]).filter((id) => typeof id === 'string');
  if (ids.length === 0) return;
  const params: unknown[] = [[...new Set(ids)]];
  const may = policy.predicate(ctx, whole, 'update', 'w', params);
  const rows = await database.read(
    `SELECT w."id" FROM ${whole.table} w WHERE w."id" = ANY($1::uuid[]) AND w."deleted_at" IS NULL AND (${may})`,
    params,
    tx,
  );
  const open = new Set<unknown>(rows.map(([id]) => id));
  for (const { after, refuse } of changes) {
    const id = after[partOf.field];
    if (typeof id === 'string' && !open.has(id)) refuse(partOf.field, `may not be changed by you`);
  }
}
