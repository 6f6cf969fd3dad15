import { kinds, type JsonSchema } from '../kinds/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import type { TypeView } from '../view/type-view.js';

type Schema = Record<string, unknown>;

/** `dealLine` and `deal-line` → `DealLine` */
export const schemaName = (type: string): string =>
  type.replace(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** A record as it is answered. */
export function recordSchema(view: TypeView): Schema {
  const fields = [...view.fields];
  const related = fields.flatMap((field) =>
    field.relation ? [[field.relation, { ...reference('Related'), description: 'with expand only' }]] : [],
  );
  return {
    type: 'object',
    required: ['id', 'version'],
    properties: {
      ...Object.fromEntries(fields.map((field) => [field.name, described(field, view.isNullable(field))])),
      custom: customSchema(view.custom),
      ...Object.fromEntries(related),
    },
  };
}

/** What may be sent to create or, with nothing required, to change a record. */
export function inputSchema(view: TypeView, readOnly: ReadonlySet<string>, isNew: boolean): Schema {
  const isWritable = (field: FieldMeta): boolean => !field.readOnly && !readOnly.has(field.name);
  const fields = view.fields.filter(isWritable);
  return {
    type: 'object',
    additionalProperties: false,
    ...(isNew ? {} : { minProperties: 1 }),
    properties: {
      ...Object.fromEntries(fields.map((field) => [field.name, described(field, !field.required || isNew)])),
      custom: customSchema(view.custom.filter(isWritable)),
    },
  };
}

function customSchema(fields: readonly FieldMeta[]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(fields.map((field) => [field.column, described(field, true)])),
  };
}

function described(field: FieldMeta, isNullable: boolean): Schema {
  const schema: JsonSchema = kinds[field.kind].schema(field);
  const facts = {
    title: field.label,
    ...(field.readOnly ? { readOnly: true } : {}),
    'x-kind': field.kind,
    'x-classification': field.classification,
  };
  if (!isNullable) return { ...schema, ...facts };
  // JSON Schema 2020-12, as OpenAPI 3.1 uses it: null is a type of its own
  const values = Array.isArray(schema['enum']) ? { enum: [...(schema['enum'] as unknown[]), null] } : {};
  return { ...schema, ...values, type: [schema['type'], 'null'], ...facts };
}
