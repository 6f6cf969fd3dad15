import { isMap, type Node } from 'yaml';
import type { FieldKind, FieldMeta, RecordTypeMeta } from '../../../records/index.js';
import type { ClassificationDefaults } from './classification-defaults.js';
import {
  fixedFields,
  maskNames,
  neverFields,
  type FieldTreatment,
  type MaskName,
  type Treatment,
} from './policy.model.js';
import type { PolicySchema } from './policy-schema.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

const treatmentNames = ['include', 'omit', 'mask'] as const;

/** Text keeps its column's type when it is masked; a masked number or date would not. */
const masksByKind: Partial<Record<FieldKind, readonly MaskName[]>> = {
  text: ['last4', 'initial', 'all'],
  longText: ['all'],
  phone: ['last4', 'all'],
  email: ['domain', 'initial', 'all'],
  url: ['all'],
};

/** Reads `fields` and `custom` of one type and settles what happens to the fields that they do not name. */
export class TreatmentParser {
  private readonly named = new Map<string, Treatment>();
  private readonly custom: ReadonlyMap<string, FieldMeta>;

  constructor(
    private readonly source: PolicySource,
    schema: PolicySchema,
    private readonly type: RecordTypeMeta,
    private readonly defaults: ClassificationDefaults,
  ) {
    this.custom = schema.customFields.get(type.name) ?? new Map();
  }

  parse(
    fields: Entry | undefined,
    custom: Entry | undefined,
  ): { fields: FieldTreatment[]; customFields: FieldTreatment[] } {
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
      customFields: [...this.custom.values()].map((field) => this.settle(field)),
    };
  }

  private settle(field: FieldMeta): FieldTreatment {
    const treatment = this.named.get(field.name);
    if (treatment) return { field, treatment, decidedBy: 'policy' };
    // A custom field comes into being at any time, made by people who do not think of the cloud: it must be named.
    if (field.custom) return { field, treatment: { kind: 'omit' }, decidedBy: 'unnamed' };
    return { field, treatment: { kind: this.defaults[field.classification] }, decidedBy: 'classification' };
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
    const treatment = this.treatment(field, entry);
    if (treatment) this.named.set(field.name, treatment);
  }

  private treatment(field: FieldMeta, entry: Entry): Treatment | null {
    const written = this.source.text(entry.value);
    if (written === 'include' || written === 'omit') return { kind: written };
    if (isMap(entry.value)) {
      const [mask, ...others] = this.source.entries(entry.value, entry.path, 'a treatment', ['mask']);
      if (mask && others.length === 0) return this.mask(field, mask);
      if (!mask && entry.value.items.length === 0) this.refuse(entry.value, entry, '');
      return null;
    }
    this.refuse(entry.value, entry, written ?? '');
    return null;
  }

  private refuse(node: Node | null, entry: Entry, written: string): void {
    this.source.report(
      node ?? entry.keyNode,
      entry.path,
      `unknown treatment \`${written}\`; known: include, omit, { mask: ${maskNames.join(' | ')} }`,
      suggest(written, treatmentNames),
    );
  }

  private mask(field: FieldMeta, entry: Entry): Treatment | null {
    const written = this.source.text(entry.value);
    const mask = maskNames.find((known) => known === written);
    const fitting = masksByKind[field.kind] ?? [];
    if (mask && fitting.includes(mask)) return { kind: 'mask', mask };
    const message =
      fitting.length === 0
        ? `a ${field.kind} cannot be masked; include or omit it`
        : `\`${field.name}\` has no mask \`${written ?? ''}\`; known: ${fitting.join(', ')}`;
    this.source.report(entry.value ?? entry.keyNode, entry.path, message, suggest(written ?? '', fitting));
    return null;
  }

  private nameable(): string[] {
    const declared = this.type.fields
      .map((field) => field.name)
      .filter((name) => !fixedFields.includes(name) && !neverFields.includes(name));
    return [...declared, ...[...this.custom.keys()].map((key) => `custom.${key}`)];
  }
}
