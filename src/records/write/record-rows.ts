import type { QueryRunner } from 'typeorm';
import { queryPrepared } from '../../platform/database/index.js';
import { kinds, type Money } from '../kinds/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordData } from '../ports/record-behaviour.js';
import { translateDatabaseError } from '../sql/database-errors.js';
import type { RecordDatabase, TextRow } from '../sql/record-database.js';

/** A column to write: its name, its type in PostgreSQL and how it gets its value out of a record. */
interface ColumnWriter {
  readonly column: string;
  readonly sqlType: string;
  readonly valueOf: (record: Readonly<RecordData>) => unknown;
}

const writers = new WeakMap<RecordTypeMeta, readonly ColumnWriter[]>();

function writersOf(type: RecordTypeMeta): readonly ColumnWriter[] {
  const known = writers.get(type);
  if (known) return known;
  const custom: ColumnWriter = {
    column: 'custom',
    sqlType: 'jsonb',
    valueOf: (record) => JSON.stringify(withoutNulls((record['custom'] ?? {}) as RecordData)),
  };
  const made = [...type.fields.flatMap(fieldWriters), custom];
  writers.set(type, made);
  return made;
}

function fieldWriters(field: FieldMeta): ColumnWriter[] {
  const { name, column, currencyColumn } = field;
  const { sqlType, toColumn } = kinds[field.kind];
  if (toColumn) return [{ column, sqlType, valueOf: (record) => toColumn(record[name] ?? null) }];
  if (!currencyColumn) return [{ column, sqlType, valueOf: (record) => record[name] ?? null }];
  return [
    { column, sqlType, valueOf: (record) => (record[name] as Money | null | undefined)?.amount ?? null },
    {
      column: currencyColumn,
      sqlType: 'text',
      valueOf: (record) => (record[name] as Money | null | undefined)?.currency ?? null,
    },
  ];
}

function withoutNulls(record: Readonly<RecordData>): RecordData {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

/**
 * One statement for any number of records: an array per column keeps the text, and so its plan, the same.
 * @param returning select list over the alias `t`, of what to answer of each record
 */
export async function insertRecords(
  database: RecordDatabase,
  tx: QueryRunner,
  type: RecordTypeMeta,
  records: readonly Readonly<RecordData>[],
  returning: string | null,
): Promise<TextRow[]> {
  const columns = writersOf(type);
  const names = columns.map(({ column }) => `"${column}"`).join(', ');
  const arrays = columns.map(({ sqlType }, index) => `$${String(index + 1)}::${sqlType}[]`).join(', ');
  return database.read(
    `INSERT INTO ${type.table} AS t (${names}) SELECT * FROM unnest(${arrays})${returning === null ? '' : ` RETURNING ${returning}`}`,
    columns.map(({ valueOf }) => records.map(valueOf)),
    tx,
  );
}

/** Writes the named fields of one record; the caller holds its row lock. */
export async function updateRecord(
  tx: QueryRunner,
  type: RecordTypeMeta,
  record: Readonly<RecordData>,
  changed: ReadonlySet<string>,
): Promise<void> {
  const columns = writersOfFields(type, changed);
  const sets = columns.map(({ column, sqlType }, index) => `"${column}" = $${String(index + 2)}::${sqlType}`);
  await run(tx, `UPDATE ${type.table} SET ${sets.join(', ')} WHERE "id" = $1`, [
    record['id'],
    ...columns.map(({ valueOf }) => valueOf(record)),
  ]);
}

/** Writes the named fields of any number of records in one statement; the caller holds their row locks. */
export async function updateRecords(
  tx: QueryRunner,
  type: RecordTypeMeta,
  records: readonly Readonly<RecordData>[],
  changed: ReadonlySet<string>,
): Promise<void> {
  const columns = writersOfFields(type, changed);
  const sets = columns.map(({ column }, index) => `"${column}" = v."c${String(index)}"`);
  const arrays = columns.map(({ sqlType }, index) => `$${String(index + 2)}::${sqlType}[]`);
  const names = columns.map((_column, index) => `"c${String(index)}"`);
  await run(
    tx,
    `UPDATE ${type.table} t SET ${sets.join(', ')} ` +
      `FROM unnest($1::uuid[], ${arrays.join(', ')}) v ("id", ${names.join(', ')}) WHERE t."id" = v."id"`,
    [records.map((record) => record['id']), ...columns.map(({ valueOf }) => records.map(valueOf))],
  );
}

function writersOfFields(type: RecordTypeMeta, changed: ReadonlySet<string>): ColumnWriter[] {
  const touched = new Set([...changed].map((name) => (name.startsWith('custom.') ? 'custom' : name)));
  const columns = type.fields.filter(({ name }) => touched.has(name)).flatMap(fieldWriters);
  return touched.has('custom') ? [...columns, ...writersOf(type).slice(-1)] : columns;
}

async function run(tx: QueryRunner, sql: string, params: unknown[]): Promise<void> {
  try {
    await queryPrepared(tx, sql, params);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
