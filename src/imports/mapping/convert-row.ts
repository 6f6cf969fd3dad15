import { findRecordType, type FieldKind } from '../../records/index.js';
import type { CsvRow } from '../csv/csv-source.js';
import { readDate } from './dates.js';
import type { FieldRule, LookupRule, Mapping } from './mapping.js';
import { textOf } from './row-values.js';

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

export type RowConverter = (row: CsvRow) => ConvertedRow;

/** Works out once what does not change from row to row. */
export function rowConverter(mapping: Mapping): RowConverter {
  const type = findRecordType(mapping.type);
  const kinds = new Map<string, FieldKind>(
    mapping.customFields.map(({ key, kind }) => [`custom.${key}`, kind]),
  );
  for (const field of type?.fields ?? []) kinds.set(field.name, field.kind);
  return (row) => {
    const custom: Record<string, unknown> = {};
    const input: Record<string, unknown> = {};
    const lookups: PendingLookup[] = [];
    const deferred: PendingLookup[] = [];
    const problems: RowProblem[] = [];
    let key: string | null = null;
    for (const rule of mapping.fields) {
      const text = textOf(rule, row, kinds.get(rule.field) === 'longText');
      if (rule.field === mapping.key) key = text;
      if (rule.lookup) {
        if (text !== null)
          (rule.lookup.defer ? deferred : lookups).push({ field: rule.field, lookup: rule.lookup, text });
        else if (!rule.lookup.defer) input[rule.field] = null;
        continue;
      }
      const value = text === null ? null : valueOf(rule, kinds.get(rule.field) ?? 'text', text, problems);
      if (rule.field.startsWith('custom.')) custom[rule.field.slice('custom.'.length)] = value;
      // an absent value lets a new record take the field's default
      else if (value !== null) input[rule.field] = value;
    }
    if (Object.keys(custom).length > 0) input['custom'] = custom;
    if (key === null)
      problems.push({ field: mapping.key, message: 'is empty, but rows are told apart by it' });
    return { row, input, key, lookups, deferred, problems };
  };
}

function valueOf(rule: FieldRule, kind: FieldKind, text: string, problems: RowProblem[]): unknown {
  const fail = (message: string): null => {
    problems.push({ field: rule.field, message });
    return null;
  };
  switch (kind) {
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : fail('should be a whole number');
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
