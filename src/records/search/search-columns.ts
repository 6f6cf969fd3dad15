import type { FieldMeta } from '../metadata/field.meta.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { fieldSql } from '../view/type-view.js';

// These texts stand in indexes and in queries, and PostgreSQL uses an index only where both are the same expression.

const empty = `''::text`;
const column = (field: FieldMeta, alias: string): string =>
  alias === '' ? `"${field.column}"` : fieldSql(field, alias);

function joined(fields: readonly FieldMeta[], alias: string): string {
  return fields
    .map((field) => {
      const value = column(field, alias);
      return `coalesce(${field.kind === 'phone' ? `crm.phone_words(${value})` : value}, ${empty})`;
    })
    .join(` || ' '::text || `);
}

const vector = (text: string): string => `to_tsvector('simple'::regconfig, crm.search_text(${text}))`;

/**
 * The words of those of the fields that search looks at, as a tsvector of the row `alias`; null where there are none.
 * Only over all of a type's fields, in their order, it is what the index holds.
 */
export function wordsSql(fields: readonly FieldMeta[], alias: string): string | null {
  const searched = fields.filter(({ search }) => search);
  return searched.length === 0 ? null : vector(joined(searched, alias));
}

/** The words of all custom texts, whether somebody searches them or not. */
export function customWordsSql(alias: string): string {
  return vector(`crm.custom_words(${alias === '' ? '' : `${alias}.`}"custom")`);
}

/** A text by whose beginning records are found: the whole title, and its last part where it has several. */
export interface TitleKey {
  /** in the name of the index */
  readonly suffix: string;
  readonly fields: readonly FieldMeta[];
  readonly sql: (alias: string) => string;
}

export function titleKeys(type: RecordTypeMeta): TitleKey[] {
  const fields = type.title.flatMap((name) => type.fieldByName.get(name) ?? []);
  const isText = fields.length > 0 && fields.every(({ search }) => search === 'A');
  if (!isText) return [];
  const last = fields.slice(-1);
  return [
    titleKey('title', fields),
    ...(fields.length > 1 ? [titleKey(`${last[0]?.column ?? ''}_search`, last)] : []),
  ];
}

function titleKey(suffix: string, fields: readonly FieldMeta[]): TitleKey {
  return { suffix, fields, sql: (alias) => `crm.search_text(${joined(fields, alias)})` };
}

/** Short texts have an index of trigrams too, for parts of words and for the operation `contains`. */
export function isTrigram(field: FieldMeta): boolean {
  return (field.search === 'A' || field.search === 'B') && field.kind !== 'phone' && !field.custom;
}
