import { isScalar, type Node } from 'yaml';
import { classifications, type RecordTypeMeta } from '../../../records/index.js';
import { defaultClassifications, type ClassificationDefaults } from './classification-defaults.js';
import { Allowances } from './parse-allow.js';
import { AttachmentParser } from './parse-attachments.js';
import { FilterParser } from './parse-filter.js';
import { FollowParser, refuseCycles } from './parse-follows.js';
import { TreatmentParser, type FieldRules } from './parse-treatments.js';
import { attachmentType, type CloudPolicy, type PolicyIssue, type PolicyType } from './policy.model.js';
import { PolicySource, type Entry } from './policy-source.js';
import type { PolicySchema } from './policy-schema.js';

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: CloudPolicy; readonly issues: readonly [] }
  | { readonly ok: false; readonly policy: null; readonly issues: readonly PolicyIssue[] };

export interface ParseOptions {
  /** approved already: it is read as it stands, also where it includes protected fields without a reason */
  readonly isApproved?: boolean;
}

/** Reads a policy strictly; answers either the whole policy or everything that is wrong with it, in reading order. */
export function parsePolicy(
  yaml: string,
  schema: PolicySchema,
  { isApproved = false }: ParseOptions = {},
): ParsedPolicy {
  const source = new PolicySource(yaml);
  const policy = source.issues.length === 0 ? new PolicyParser(source, schema, !isApproved).parse() : null;
  if (policy && source.issues.length === 0) return { ok: true, policy, issues: [] };
  const issues = [...source.issues].sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, policy: null, issues };
}

class PolicyParser {
  constructor(
    private readonly source: PolicySource,
    private readonly schema: PolicySchema,
    private readonly requiresReasons: boolean,
  ) {}

  parse(): CloudPolicy | null {
    const { root } = this.source;
    const known = ['version', 'defaults', 'allow', 'types', 'brake'];
    const entries = new Map(
      this.source.entries(root, '', 'a policy', known).map((entry) => [entry.key, entry] as const),
    );
    const version = this.version(entries.get('version'));
    const allow = new Allowances(this.source, entries.get('allow'), this.requiresReasons);
    const defaults = this.defaults(entries.get('defaults'), allow);
    const types = this.types(entries.get('types'), { defaults, allow });
    allow.refuseUnused();
    const brake = this.brake(entries.get('brake'));
    return { version, defaults, types, brake };
  }

  private version(entry: Entry | undefined): number {
    if (!entry) {
      this.source.report(this.source.root, 'version', 'a policy needs a `version`');
      return 0;
    }
    return this.wholeNumber(entry, 1, 'a whole number from 1 up') ?? 0;
  }

  private defaults(entry: Entry | undefined, allow: Allowances): ClassificationDefaults {
    const defaults: ClassificationDefaults = { ...defaultClassifications };
    if (!entry) return defaults;
    for (const section of this.source.entries(entry.value, entry.path, '`defaults`', ['classification']))
      for (const choice of this.source.entries(
        section.value,
        section.path,
        '`classification`',
        classifications,
      )) {
        const written = this.source.text(choice.value);
        const name = classifications.find((known) => known === choice.key);
        if (name && (written === 'include' || written === 'omit')) {
          defaults[name] = written;
          if (written === 'include') allow.requireForDefault(name, choice);
        } else
          this.source.report(choice.value ?? choice.keyNode, choice.path, 'a default is `include` or `omit`');
      }
    return defaults;
  }

  private types(entry: Entry | undefined, rules: FieldRules): Map<string, PolicyType> {
    if (!entry) {
      this.source.report(
        this.source.root,
        'types',
        'a policy needs `types`; what it does not name stays home',
      );
      return new Map();
    }
    const selectable = [...this.schema.types.values()].filter(
      (type) => type.cloud === 'policy' && type.name !== attachmentType,
    );
    const entries = this.source.entries(entry.value, entry.path, '`types`');
    const named = entries.filter((item) => selectable.some((type) => type.name === item.key));
    for (const item of entries.filter((one) => !named.includes(one))) this.refuseType(item, selectable);
    const byName = new Map(named.map((item) => [item.key, item] as const));
    const types = new Map<string, PolicyType>();
    for (const meta of selectable) {
      const item = byName.get(meta.name);
      if (item) types.set(meta.name, this.type(item, meta, new Set(byName.keys()), rules));
    }
    refuseCycles(types, (name, circle) => {
      const item = byName.get(name);
      if (!item) return;
      this.source.report(
        item.keyNode,
        `${item.path}.follows`,
        `\`follows\` leads from ${name} back to itself: ${circle.join(' → ')}`,
      );
    });
    return types;
  }

  private refuseType(entry: Entry, selectable: readonly RecordTypeMeta[]): void {
    if (this.schema.types.get(entry.key)?.cloud === 'system')
      this.source.report(
        entry.keyNode,
        entry.path,
        `\`${entry.key}\` belongs to the system set, which always travels`,
      );
    else
      this.source.unknown(
        entry,
        'unknown type',
        selectable.map((type) => type.name),
      );
  }

  private type(
    entry: Entry,
    meta: RecordTypeMeta,
    named: ReadonlySet<string>,
    rules: FieldRules,
  ): PolicyType {
    const known = ['where', 'follows', 'fields', 'custom', 'attachments'];
    // `product:` alone and `product: {}` both mean: all of them
    const parts = this.source.isNothing(entry.value)
      ? []
      : this.source.entries(entry.value, entry.path, `type \`${entry.key}\``, known);
    const part = (key: string) => parts.find((item) => item.key === key);
    const where = part('where');
    const follows = part('follows');
    const attachments = part('attachments');
    const treatments = new TreatmentParser(this.source, this.schema, meta, rules);
    return {
      meta,
      where: where ? new FilterParser(this.source, this.schema, meta).parse(where.value, where.path) : null,
      follows: follows ? new FollowParser(this.source, this.schema, meta, named).parse(follows) : [],
      ...treatments.parse(part('fields'), part('custom')),
      attachments: attachments ? new AttachmentParser(this.source).parse(attachments) : null,
    };
  }

  private brake(entry: Entry | undefined): CloudPolicy['brake'] {
    if (!entry) return { deletes: null };
    const [deletes] = this.source.entries(entry.value, entry.path, '`brake`', ['deletes']);
    return { deletes: deletes ? this.wholeNumber(deletes, 1, 'a number of rows from 1 up') : null };
  }

  private wholeNumber(entry: Entry, min: number, wanted: string): number | null {
    const node: Node | null = entry.value;
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= 2_147_483_647)
      return value;
    this.source.report(node ?? entry.keyNode, entry.path, `\`${entry.key}\` must be ${wanted}`);
    return null;
  }
}
