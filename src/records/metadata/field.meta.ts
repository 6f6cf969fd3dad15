/** The kinds of field a record type can declare. */
export type FieldKind =
  | 'text'
  | 'longText'
  | 'email'
  | 'phone'
  | 'url'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'choice'
  | 'reference'
  | 'tags'
  | 'id';

/** Kinds that a customer can add without a release. `decimal` is shown as "number". */
export const customKinds = [
  'text',
  'decimal',
  'date',
  'boolean',
  'choice',
] as const satisfies readonly FieldKind[];
export type CustomKind = (typeof customKinds)[number];

/** From open to most protected; drives hiding, masks, export and the cloud policy's defaults. */
export const classifications = ['public', 'internal', 'confidential', 'personal', 'special'] as const;
export type Classification = (typeof classifications)[number];

/** What happens to this record when the one it points to is deleted for good. */
export type OnDelete = 'detach' | 'restrict' | 'cascade';

export interface FieldMeta {
  /** API name, camelCase; a custom field is addressed as `custom.<key>` in filters and sorts */
  readonly name: string;
  /** column in the table; for a custom field its key inside the `custom` JSONB column */
  readonly column: string;
  /** money only: the column of the ISO 4217 code */
  readonly currencyColumn?: string;
  readonly kind: FieldKind;
  /** text shown where no translation exists */
  readonly label: string;
  readonly required: boolean;
  /** set by the engine, refused in input */
  readonly readOnly: boolean;
  /** text kinds: longest length in characters */
  readonly max?: number;
  /** numbers: smallest value */
  readonly min?: number;
  /** decimal: digits after the point */
  readonly scale?: number;
  readonly options?: readonly string[];
  /** reference: name of the record type pointed to */
  readonly target?: string;
  /** reference: the name used in filter paths, `account` for `accountId` */
  readonly relation?: string;
  readonly onDelete?: OnDelete;
  /** weight in search and in `q`, the name of the record being A; absent = not searched */
  readonly search?: 'A' | 'B' | 'C' | 'D';
  readonly classification: Classification;
  readonly unique: boolean;
  /** has a btree index (column, id), so sorting by it is cheap */
  readonly indexed: boolean;
  readonly custom: boolean;
  /** value given to a new record where the input has none */
  readonly defaultValue?: string | number | boolean;
}
