import type { FieldMeta } from '../metadata/field.meta.js';

export const filterOps = [
  'eq',
  'neq',
  'in',
  'notIn',
  'lt',
  'lte',
  'gt',
  'gte',
  'between',
  'contains',
  'startsWith',
  'empty',
  'notEmpty',
] as const;
export type FilterOp = (typeof filterOps)[number];

/** Either the value in its stored form, or what is wrong and what would be right, as a half sentence for people. */
export type Parsed = { readonly value: unknown } | { readonly wrong: string };

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One row of the table of kinds. Declared and custom fields go through the same row, so that a rule that holds for
 * the one holds for the other. A value in its stored form is the value as it stands in the API's JSON.
 */
export interface FieldKindRules {
  /** from JSON (never null) to the stored form */
  parse(value: unknown, field: FieldMeta): Parsed;
  /** from PostgreSQL's text output to the stored form; never called for NULL */
  read(text: string, field: FieldMeta): unknown;
  schema(field: FieldMeta): JsonSchema;
  readonly ops: readonly FilterOp[];
  /** PostgreSQL type of the column and of the custom accessor, for casts of array parameters */
  readonly sqlType: string;
  readonly sortable: boolean;
  /** what the API answers where nothing is stored; null where left out */
  readonly nothing?: unknown;
  /** from the stored form to the parameter of the column; as it is where left out */
  readonly toColumn?: (value: unknown) => unknown;
  /** the typed accessor of a custom field of this kind; absent = not a custom kind */
  readonly customAccessor?: string;
}

export const equality = ['eq', 'neq', 'in', 'notIn', 'empty', 'notEmpty'] as const;
export const ranges = ['lt', 'lte', 'gt', 'gte', 'between'] as const;
export const textual = ['contains', 'startsWith'] as const;

export const wrong = (message: string): Parsed => ({ wrong: message });
export const right = (value: unknown): Parsed => ({ value });
export const asIs = (text: string): unknown => text;
