import type { FieldMeta } from '../metadata/field.meta.js';
import { kinds, toMoney } from '../kinds/index.js';
import type { RecordData } from '../ports/record-behaviour.js';
import type { TextRow } from '../sql/record-database.js';
import type { Projection } from '../view/projection.js';
import type { TypeView } from '../view/type-view.js';

type Reader = (row: TextRow, record: RecordData) => void;

/** @param paths names to show; every field where left out. `id` and `version` are always among them. */
export function projectionOf(view: TypeView, paths?: readonly string[]): Projection {
  const shape = paths ? [...new Set(paths)].sort().join(',') : '*';
  const known = view.projections.get(shape);
  if (known) return known;
  const made = compile(view, paths);
  // Field lists come from outside: a caller that varies them must not fill the memory.
  if (view.projections.size < 200) view.projections.set(shape, made);
  return made;
}

function compile(view: TypeView, paths: readonly string[] | undefined): Projection {
  const asked = paths ? new Set(['id', 'version', ...paths]) : null;
  const columns: string[] = [];
  const readers: Reader[] = [];
  for (const field of view.fields)
    if (!asked || asked.has(field.name)) readers.push(declaredReader(field, columns));
  const custom = view.custom.filter(({ name }) => !asked || asked.has('custom') || asked.has(name));
  if (custom.length > 0) readers.push(customReader(custom, columns));
  else if (!asked || asked.has('custom')) readers.push((_row, record) => (record['custom'] = {}));
  return { columns: columns.join(', '), width: columns.length, toRecord: toRecord(readers) };
}

function toRecord(readers: readonly Reader[]): Projection['toRecord'] {
  return (row) => {
    const record: RecordData = {};
    for (const reader of readers) reader(row, record);
    return record;
  };
}

function declaredReader(field: FieldMeta, columns: string[]): Reader {
  const at = columns.push(`t."${field.column}"`) - 1;
  const { name } = field;
  if (field.currencyColumn) {
    columns.push(`t."${field.currencyColumn}"`);
    return (row, record) => {
      const amount = row[at];
      const currency = row[at + 1];
      // On a replica a policy may send the one without the other; half an amount means nothing.
      record[name] = amount != null && currency != null ? toMoney(amount, currency) : null;
    };
  }
  const rules = kinds[field.kind];
  return (row, record) => {
    const text = row[at];
    record[name] = text == null ? (rules.nothing ?? null) : rules.read(text, field);
  };
}

function customReader(fields: readonly FieldMeta[], columns: string[]): Reader {
  const at = columns.push('t."custom"') - 1;
  return (row, record) => {
    const text = row[at];
    const stored = (text == null || text === '{}' ? {} : JSON.parse(text)) as RecordData;
    const shown: RecordData = {};
    // only what is defined and visible: values of a definition that was taken away stay where they are, unseen
    for (const { column } of fields) shown[column] = stored[column] ?? null;
    record['custom'] = shown;
  };
}
