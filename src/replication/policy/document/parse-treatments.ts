import type { FieldMeta, RecordTypeMeta } from '../../../records/index.js';
import type { ClassificationDefaults } from './classification-defaults.js';
import type { Allowances } from './parse-allow.js';
import { TreatmentReader } from './parse-treatment.js';
import {
  fixedFields,
  neverFields,
  type CustomFieldTreatment,
  type FieldTreatment,
  type Treatment,
} from './policy.model.js';
import type { CustomFieldMeta, PolicySchema } from './policy-schema.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

/** What happens to fields that a type does not name, and why some that it names may go. */
export interface FieldRules {
  readonly defaults: ClassificationDefaults;
  readonly allow: Allowances;
}

/** Reads `fields` and `custom` of one type and settles what happens to the fields that they do not name. */
export class TreatmentParser {
  private readonly named = new Map<string, Treatment>();
  private readonly custom: ReadonlyMap<string, CustomFieldMeta>;

  constructor(
    private readonly source: PolicySource,
    schema: PolicySchema,
    private readonly type: RecordTypeMeta,
    private readonly rules: FieldRules,
  ) {
    this.custom = schema.customFields.get(type.name) ?? new Map();
  }

  parse(
    fields: Entry | undefined,
    custom: Entry | undefined,
  ): { fields: FieldTreatment[]; customFields: CustomFieldTreatment[] } {
    if (fields)
      for (const entry of this.source.entries(fields.value, fields.path, '`fields`')) this.field(entry);
    if (custom)
      for (const entry of this.source.entries(custom.value, custom.path, '`custom`'))
        this.customField(entry, entry.key);
    const declared = this.type.fields.filter(
      (field) => !fixedFields.includes(field.name) && !neverFields.includes(field.name),
    );
    return {
      fields: declared.map((field) => this.settle(field)),
      customFields: [...this.custom.values()].map((field) => ({ ...this.settle(field), fieldId: field.id })),
    };
  }

  private settle(field: FieldMeta): FieldTreatment {
    const treatment = this.named.get(field.name);
    if (treatment) return { field, treatment, decidedBy: 'policy' };
    // A custom field comes into being at any time, made by people who do not think of the cloud: it must be named.
    if (field.custom) return { field, treatment: { kind: 'omit' }, decidedBy: 'unnamed' };
    return {
      field,
      treatment: { kind: this.rules.defaults[field.classification] },
      decidedBy: 'classification',
    };
  }

  private field(entry: Entry): void {
    if (entry.key.startsWith('custom.')) {
      this.customField(entry, entry.key.slice('custom.'.length));
      return;
    }
    if (fixedFields.includes(entry.key)) {
      this.source.report(entry.keyNode, entry.path, `\`${entry.key}\` always travels with a selected record`);
      return;
    }
    const field = neverFields.includes(entry.key) ? undefined : this.type.fieldByName.get(entry.key);
    if (field) this.name(field, entry);
    else this.source.unknown(entry, `${this.type.name} has no field`, this.nameable());
  }

  private customField(entry: Entry, key: string): void {
    const field = this.custom.get(key);
    if (field) this.name(field, entry);
    else {
      const known = [...this.custom.keys()];
      const near = suggest(key, known);
      this.source.report(
        entry.keyNode,
        entry.path,
        `${this.type.name} has no custom field \`${key}\`${known.length > 0 ? `; known: ${known.join(', ')}` : ''}`,
        near && (entry.key.startsWith('custom.') ? `custom.${near}` : near),
      );
    }
  }

  private name(field: FieldMeta, entry: Entry): void {
    if (this.named.has(field.name))
      this.source.report(entry.keyNode, entry.path, `\`${field.name}\` is named twice`);
    const treatment = new TreatmentReader(this.source, field).read(entry);
    if (!treatment) return;
    this.named.set(field.name, treatment);
    // where the default lets the whole classification go, the reason stands there
    const { defaults, allow } = this.rules;
    if (treatment.kind === 'include' && defaults[field.classification] === 'omit')
      allow.requireForField(this.type.name, field, entry);
  }

  private nameable(): string[] {
    const declared = this.type.fields
      .map((field) => field.name)
      .filter((name) => !fixedFields.includes(name) && !neverFields.includes(name));
    return [...declared, ...[...this.custom.keys()].map((key) => `custom.${key}`)];
  }
}
