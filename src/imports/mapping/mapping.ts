import type { Classification, CustomKind } from '../../records/index.js';
import type { CsvFormat } from '../csv/csv-source.js';

/** How a column's text becomes a reference: the record of `type` whose field `by` holds the text. */
export interface LookupRule {
  readonly type: string;
  readonly by: string;
  /** further fields that the record must hold, so that two kinds of account may share a name */
  readonly where: Readonly<Record<string, string>>;
  /** resolved after all rows are in, for links inside one file */
  readonly defer: boolean;
}

/** Where a field's value comes from: exactly one of `from`, `join`, `template`, `constant`. */
export interface FieldRule {
  readonly field: string;
  readonly from?: string;
  readonly join?: readonly string[];
  readonly with: string;
  readonly template?: string;
  readonly constant?: string;
  /** used where the source is empty: further columns, first one that holds something wins */
  readonly fallback: readonly string[];
  /** texts that mean "no value" */
  readonly empty: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  /** accepted date forms, tried in order */
  readonly date: readonly string[];
  readonly currency?: string;
  readonly lookup?: LookupRule;
}

export interface CustomFieldRule {
  readonly key: string;
  readonly label: string;
  readonly kind: CustomKind;
  readonly options: readonly string[];
  readonly classification: Classification;
}

/** A parsed mapping file; docs/import.md describes the YAML. */
export interface Mapping {
  readonly type: string;
  readonly label: string;
  readonly format: CsvFormat;
  /** the field by which a row finds the record that an earlier run made of it */
  readonly key: string;
  readonly onExisting: 'update' | 'skip';
  /** rows whose value in this column was seen before are passed over */
  readonly distinct?: string;
  readonly customFields: readonly CustomFieldRule[];
  readonly fields: readonly FieldRule[];
  /** columns left out on purpose; a column that nothing mentions is an error */
  readonly ignore: readonly string[];
}

/** Every column that a mapping reads. */
export function columnsOf(mapping: Mapping): Set<string> {
  const columns = new Set(mapping.distinct === undefined ? [] : [mapping.distinct]);
  for (const rule of mapping.fields) {
    if (rule.from !== undefined) columns.add(rule.from);
    for (const name of [...(rule.join ?? []), ...rule.fallback]) columns.add(name);
    for (const match of rule.template?.matchAll(placeholder) ?? []) columns.add(match[1] ?? '');
  }
  return columns;
}

/** Whether rows refer to other rows of their file, so that a second pass is needed. */
export function hasDeferred(mapping: Mapping): boolean {
  return mapping.fields.some(({ lookup }) => lookup?.defer === true);
}

/** `{column}` or `{column|slug}` in a template. */
export const placeholder = /\{([^{}|]+)(?:\|([a-z]+))?\}/g;
