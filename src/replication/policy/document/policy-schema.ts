import type { CustomKind, Classification, FieldMeta, RecordTypeMeta } from '../../../records/index.js';

/** A row of crm.custom_field, as far as a policy cares. */
export interface CustomFieldDefinition {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly label: string;
  readonly kind: CustomKind;
  readonly options: readonly string[] | null;
  readonly classification: Classification;
}

/** What a policy can name: the record types of this installation and their custom fields. */
export interface PolicySchema {
  readonly types: ReadonlyMap<string, RecordTypeMeta>;
  /** custom fields by type name, then by key */
  readonly customFields: ReadonlyMap<string, ReadonlyMap<string, CustomFieldMeta>>;
}

/** A key can be given again to another field; its id never is. */
export interface CustomFieldMeta extends FieldMeta {
  readonly id: string;
}

export function createPolicySchema(
  types: readonly RecordTypeMeta[],
  definitions: readonly CustomFieldDefinition[],
): PolicySchema {
  const customFields = new Map<string, Map<string, CustomFieldMeta>>();
  for (const definition of definitions) {
    const ofType = customFields.get(definition.type) ?? new Map<string, CustomFieldMeta>();
    ofType.set(definition.key, customFieldMeta(definition));
    customFields.set(definition.type, ofType);
  }
  return { types: new Map(types.map((type) => [type.name, type])), customFields };
}

function customFieldMeta(definition: CustomFieldDefinition): CustomFieldMeta {
  return {
    id: definition.id,
    name: `custom.${definition.key}`,
    column: definition.key,
    kind: definition.kind,
    label: definition.label,
    required: false,
    readOnly: false,
    classification: definition.classification,
    unique: false,
    indexed: false,
    custom: true,
    ...(definition.options ? { options: definition.options } : {}),
  };
}
