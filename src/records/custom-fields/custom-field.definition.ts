import type { Classification, CustomKind, FieldMeta } from '../metadata/field.meta.js';

/** A row of crm.custom_field: a field that the customer added to a record type. */
export interface CustomFieldDefinition {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly label: string;
  readonly kind: CustomKind;
  readonly options: readonly string[] | null;
  readonly required: boolean;
  readonly classification: Classification;
  readonly position: number;
  /** texts and choices: found by search */
  readonly searchable: boolean;
  readonly version: number;
}

/** Keys go into SQL text of index expressions, so nothing but this form may ever pass. */
export const customKeyForm = /^[a-z][a-zA-Z0-9]{0,39}$/;

/** The same description as of a declared field, so that the engine treats both alike. */
export function customFieldMeta(definition: CustomFieldDefinition): FieldMeta {
  if (!customKeyForm.test(definition.key)) throw new RangeError('custom field key of a forbidden form');
  return Object.freeze({
    name: `custom.${definition.key}`,
    column: definition.key,
    kind: definition.kind,
    label: definition.label,
    required: definition.required,
    readOnly: false,
    ...(definition.kind === 'text' ? { max: 2000 } : {}),
    ...(definition.kind === 'decimal' ? { scale: 10 } : {}),
    ...(definition.options ? { options: definition.options } : {}),
    classification: definition.classification,
    ...(definition.searchable ? { search: 'C' as const } : {}),
    unique: false,
    indexed: false,
    custom: true,
  } satisfies FieldMeta);
}
