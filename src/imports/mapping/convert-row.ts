import { findRecordType, type FieldKind } from '../../records/index.js';
import type { CsvRow } from '../csv/csv-source.js';
import { readDate } from './dates.js';
import type { FieldRule, LookupRule, Mapping } from './mapping.js';
import { textOf } from './row-values.js';
import { storedText } from './stored-text.js';

export interface RowProblem {
  readonly field: string;
  readonly message: string;
}

export interface PendingLookup {
  readonly field: string;
  readonly lookup: LookupRule;
  readonly text: string;
}

/** One row as the record engine wants it, but for the references, which are resolved for many rows at once. */
export interface ConvertedRow {
  readonly row: CsvRow;
  /** as in the body of a POST */
  readonly input: Record<string, unknown>;
  readonly key: string | null;
  readonly lookups: readonly PendingLookup[];
  readonly deferred: readonly PendingLookup[];
  readonly problems: RowProblem[];
}

export interface RowConverter {
  readonly convert: (row: CsvRow) => ConvertedRow;
  /** what tells the row apart, null where it has nothing or no usable text */
  readonly keyOf: (row: CsvRow) => string | null;
}

/** Works out once what does not change from row to row. */
export function rowConverter(mapping: Mapping): RowConverter {
  const type = findRecordType(mapping.type);
  const kinds = new Map<string, FieldKind>(
    mapping.customFields.map(({ key, kind }) => [`custom.${key}`, kind]),
  );
  for (const field of type?.fields ?? []) kinds.set(field.name, field.kind);
  const keyRule = mapping.fields.find(({ field }) => field === mapping.key);
  const keyForm = (row: CsvRow): ReturnType<typeof storedText> => {
    const text = keyRule ? textOf(keyRule, row) : null;
    if (text === null) return { wrong: 'is empty, but rows are told apart by it' };
    return storedText(mapping.type, mapping.key, text);
  };
  const keyOf = (row: CsvRow): string | null => {
    const form = keyForm(row);
    return 'text' in form ? form.text : null;
  };
  return { keyOf, convert: (row) => convertRow(mapping, kinds, row, keyForm(row)) };
}

function convertRow(
  mapping: Mapping,
  kinds: ReadonlyMap<string, FieldKind>,
  row: CsvRow,
  key: ReturnType<typeof storedText>,
): ConvertedRow {
  const custom: Record<string, unknown> = {};
  const input: Record<string, unknown> = {};
  const lookups: PendingLookup[] = [];
  const deferred: PendingLookup[] = [];
  const problems: RowProblem[] = [];
  for (const rule of mapping.fields) {
    const { field, lookup } = rule;
    const text = textOf(rule, row, kinds.get(field) === 'longText');
    if (lookup) {
      if (text !== null) (lookup.defer ? deferred : lookups).push({ field, lookup, text });
      // whoever imported a row without an owner owns its record; importing it again must not take it from him
      else if (field !== 'ownerId') input[field] = null;
      continue;
    }
    const value = text === null ? null : valueOf(rule, kinds.get(field) ?? 'text', text, problems);
    if (field.startsWith('custom.')) custom[field.slice('custom.'.length)] = value;
    // an absent value lets a new record take the field's default
    else if (value !== null) input[field] = value;
  }
  if (Object.keys(custom).length > 0) input['custom'] = custom;
  if ('wrong' in key) problems.push({ field: mapping.key, message: key.wrong });
  return { row, input, key: 'text' in key ? key.text : null, lookups, deferred, problems };
}

function valueOf(rule: FieldRule, kind: FieldKind, text: string, problems: RowProblem[]): unknown {
  const fail = (message: string): null => {
    problems.push({ field: rule.field, message });
    return null;
  };
  switch (kind) {
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : fail('should be a whole number');
    case 'tags':
      return text.split(/[,;]/).filter((name) => name.trim() !== '');
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      return fail('should be true or false; map the texts of the file under `values`');
    case 'date':
      return rule.date.length === 0
        ? text
        : (readDate(text, rule.date) ?? fail(`should be a date of the form ${rule.date.join(' or ')}`));
    case 'money':
      return rule.currency === undefined
        ? fail('needs a currency in the mapping')
        : { amount: text, currency: rule.currency };
    default:
      return text;
  }
}
