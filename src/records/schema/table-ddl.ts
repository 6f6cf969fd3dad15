import type { FieldKind, FieldMeta, OnDelete } from '../metadata/field.meta.js';
import { findRecordType } from '../metadata/registry.js';
import type { RecordIndex, RecordTypeMeta } from '../metadata/record-type.meta.js';
import { searchIndexes } from './search-ddl.js';
import { isTrigram } from '../search/search-columns.js';

/**
 * DDL of a record type, straight from its class. The checked-in migrations are made from this text, and a test
 * compares the migrated catalogue with what this text makes today.
 */
const columnTypes: Record<FieldKind, string> = {
  id: 'uuid',
  text: 'text',
  longText: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  integer: 'integer',
  decimal: 'numeric(20,4)',
  money: 'numeric(20,4)',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamptz(3)',
  choice: 'text',
  reference: 'uuid',
  tags: 'jsonb',
};

const onDelete: Record<OnDelete, string> = { detach: 'SET NULL', restrict: 'RESTRICT', cascade: 'CASCADE' };

export function createTable(type: RecordTypeMeta): string {
  const columns = type.fields.flatMap((field) => columnsOf(field));
  // id first, whatever the order of declaration
  columns.sort((a, b) => Number(b.startsWith('"id" ')) - Number(a.startsWith('"id" ')));
  columns.push(`"custom" jsonb NOT NULL DEFAULT '{}'`);
  return `CREATE TABLE ${type.table} (\n  ${columns.join(',\n  ')}\n)`;
}

function columnsOf(field: FieldMeta): string[] {
  const notNull = field.required ? ' NOT NULL' : '';
  if (field.kind === 'id') return [`"${field.column}" uuid PRIMARY KEY`];
  const type = field.kind === 'decimal' ? `numeric(20,${String(field.scale ?? 4)})` : columnTypes[field.kind];
  const initial = field.name === 'version' ? ' DEFAULT 1' : '';
  const own = `"${field.column}" ${type}${notNull}${initial}`;
  return field.currencyColumn ? [own, `"${field.currencyColumn}" character(3)${notNull}`] : [own];
}

export function createIndexes(type: RecordTypeMeta): string[] {
  const name = tableName(type);
  const indexes = type.fields.flatMap((field) => indexesOf(type, name, field));
  indexes.push(
    `CREATE INDEX "${name}_deleted_at_idx" ON ${type.table} ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  );
  indexes.push(...searchIndexes(type, name));
  for (const group of type.uniqueTogether) {
    const columns = group.map((field) => type.fieldByName.get(field)?.column ?? field);
    indexes.push(
      `CREATE UNIQUE INDEX "${name}_${columns.join('_')}_key" ON ${type.table} ` +
        `(${columns.map((column) => `"${column}"`).join(', ')}) WHERE "deleted_at" IS NULL`,
    );
  }
  indexes.push(...type.indexes.map((index) => indexOver(type, name, index)));
  return indexes;
}

function indexOver(type: RecordTypeMeta, name: string, index: RecordIndex): string {
  const columnsOfField = (path: string): string[] => {
    const { column, currencyColumn } = type.fieldByName.get(path) ?? { column: path };
    return currencyColumn ? [column, currencyColumn] : [column];
  };
  const list = (paths: readonly string[]): string =>
    paths
      .flatMap(columnsOfField)
      .map((column) => `"${column}"`)
      .join(', ');
  const includes = index.includes ? ` INCLUDE (${list(index.includes)})` : '';
  const once = index.onceWhere === undefined ? '' : ` AND ${list([index.onceWhere])}`;
  return (
    `CREATE ${once === '' ? '' : 'UNIQUE '}INDEX "${name}_${index.name}_idx" ON ${type.table} ` +
    `(${list(index.fields)})${includes} WHERE "deleted_at" IS NULL${once}`
  );
}

function indexesOf(type: RecordTypeMeta, name: string, field: FieldMeta): string[] {
  const { column } = field;
  const made: string[] = [];
  if (field.unique && field.kind !== 'id')
    made.push(
      `CREATE UNIQUE INDEX "${name}_${column}_key" ON ${type.table} ("${column}") WHERE "deleted_at" IS NULL`,
    );
  // The foreign key's own checks read all rows, so an index on a reference must not be partial.
  if (field.kind === 'reference' && field.indexed)
    made.push(`CREATE INDEX "${name}_${column}_idx" ON ${type.table} ("${column}", "id")`);
  else if (field.indexed && field.kind !== 'id')
    made.push(
      `CREATE INDEX "${name}_${column}_idx" ON ${type.table} ("${column}", "id") WHERE "deleted_at" IS NULL`,
    );
  if (field.kind === 'tags')
    made.push(`CREATE INDEX "${name}_${column}_idx" ON ${type.table} USING gin ("${column}")`);
  if (isTrigram(field))
    made.push(
      `CREATE INDEX "${name}_${column}_trgm" ON ${type.table} USING gin ("${column}" public.gin_trgm_ops)`,
    );
  return made;
}

export function createForeignKeys(type: RecordTypeMeta): string[] {
  const name = tableName(type);
  return type.fields.flatMap((field) => {
    const target = field.target ? findRecordType(field.target) : undefined;
    if (!target) return [];
    return [
      `ALTER TABLE ${type.table} ADD CONSTRAINT "${name}_${field.column}_fkey" FOREIGN KEY ("${field.column}") ` +
        `REFERENCES ${target.table} ("id") ON DELETE ${onDelete[field.onDelete ?? 'detach']}`,
    ];
  });
}

function tableName(type: RecordTypeMeta): string {
  return type.table.replace(/^crm\."(.*)"$/, '$1');
}

/** Everything that the given types need, in an order that runs. */
export function recordTableDdl(types: readonly RecordTypeMeta[]): string[] {
  return [...types.map(createTable), ...types.flatMap(createIndexes), ...types.flatMap(createForeignKeys)];
}
