import { findRecordType } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordAction } from './access-policy.js';

/** Whose rights decide about a record: its own type's, or those of the whole that it is a part of. */
export interface Ruling {
  readonly type: RecordTypeMeta;
  readonly action: RecordAction;
}

export function rulingOf(type: RecordTypeMeta, action: RecordAction): Ruling {
  const whole = type.partOf && findRecordType(type.partOf.type);
  return whole ? { type: whole, action: action === 'read' ? 'read' : 'update' } : { type, action };
}

/**
 * SQL: the live whole of the part `alias` fulfils `condition`. For implementations of AccessPolicy.
 * @param condition over the alias of the whole that it is given
 */
export function partPredicate(
  type: RecordTypeMeta,
  whole: RecordTypeMeta,
  alias: string,
  condition: (alias: string) => string,
): string {
  const column = type.fieldByName.get(type.partOf?.field ?? '')?.column ?? 'id';
  const own = `${alias}_whole`;
  return (
    `EXISTS (SELECT 1 FROM ${whole.table} ${own} WHERE ${own}."id" = ${alias}."${column}" ` +
    `AND ${own}."deleted_at" IS NULL AND (${condition(own)}))`
  );
}
