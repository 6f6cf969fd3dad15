import { isDeepStrictEqual } from 'node:util';
import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordData } from '../ports/record-behaviour.js';

/** Fields that the engine keeps itself; a change of them alone is no change, and history does not repeat them. */
const bookkeeping: ReadonlySet<string> = new Set([
  'id',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
  'version',
  'deletedAt',
]);

/** Names of the fields whose values differ; custom ones as `custom.<key>`. */
export function changedFields(
  type: RecordTypeMeta,
  before: Readonly<RecordData>,
  after: Readonly<RecordData>,
): string[] {
  const changed = type.fields
    .map(({ name }) => name)
    .filter((name) => !bookkeeping.has(name) && !isSame(before[name], after[name]));
  const old = (before['custom'] ?? {}) as RecordData;
  const now = (after['custom'] ?? {}) as RecordData;
  const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [
    ...changed,
    ...[...keys].filter((key) => !isSame(old[key], now[key])).map((key) => `custom.${key}`),
  ];
}

function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(orNull(a), orNull(b));
}

/** A list without items is what a record has that never had the list. */
function orNull(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? null : (value ?? null);
}

/** The named values as the audit keeps them: flat, by path. */
export function pick(record: Readonly<RecordData>, names: readonly string[]): RecordData {
  const custom = (record['custom'] ?? {}) as RecordData;
  return Object.fromEntries(
    names.map((name) => [
      name,
      (name.startsWith('custom.') ? custom[name.slice('custom.'.length)] : record[name]) ?? null,
    ]),
  );
}

/** Names of the fields that hold a value, for the entry of a new record. */
export function filledFields(type: RecordTypeMeta, record: Readonly<RecordData>): string[] {
  return changedFields(type, {}, record);
}

/** Every stored change is a new version, made now by the caller. */
export function touch(ctx: RequestContext, before: Readonly<RecordData>, after: RecordData): void {
  after['version'] = Number(before['version']) + 1;
  after['updatedAt'] = new Date().toISOString();
  after['updatedBy'] = ctx.principal.userId;
}
