import { isMap, type Node } from 'yaml';
import type { FieldMeta, RecordTypeMeta } from '../../../records/index.js';
import type { PolicyFollow, PolicyType } from './policy.model.js';
import type { PolicySchema } from './policy-schema.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

/**
 * Reads `follows: account`, `follows: account.parent` (two steps), `follows: { through: campaignMember }` (a link
 * table), or a list of these.
 */
export class FollowParser {
  constructor(
    private readonly source: PolicySource,
    private readonly schema: PolicySchema,
    private readonly type: RecordTypeMeta,
    /** the types that the policy has */
    private readonly named: ReadonlySet<string>,
  ) {}

  parse(entry: Entry): PolicyFollow[] {
    const nodes = this.source.items(entry.value) ?? [entry.value];
    if (nodes.length === 0) this.source.report(entry.keyNode, entry.path, '`follows` names no type');
    const follows = nodes.map((node) => this.follow(node, entry)).filter((follow) => follow !== null);
    const names = follows.map(followName);
    const doubled = names.find((name, index) => names.indexOf(name) < index);
    if (doubled !== undefined) this.source.report(entry.value, entry.path, `\`${doubled}\` is named twice`);
    return follows;
  }

  private follow(node: Node | null, entry: Entry): PolicyFollow | null {
    if (isMap(node)) return this.link(node, entry);
    const name = this.source.text(node);
    if (name === null) {
      const wanted =
        '`follows` must be a type, two references such as account.parent, { through: … }, or a list';
      this.source.report(node ?? entry.keyNode, entry.path, wanted);
      return null;
    }
    const [first = '', second, ...more] = name.split('.');
    if (more.length > 0) {
      this.source.report(node, entry.path, `\`${name}\` has more than two steps`);
      return null;
    }
    const reference = this.reference(this.type, first, node, entry);
    if (!reference?.target) return null;
    if (second === undefined)
      return this.isSelected(reference.target, node, entry)
        ? { kind: 'reference', reference, next: null, type: reference.target }
        : null;
    const middle = this.schema.types.get(reference.target);
    const next = middle && this.reference(middle, second, node, entry);
    if (!middle || !next?.target || !this.isSelected(next.target, node, entry)) return null;
    return { kind: 'reference', reference, next: { type: middle, reference: next }, type: next.target };
  }

  /** A record of the link type names this one by a reference. */
  private link(node: Node, entry: Entry): PolicyFollow | null {
    const parts = this.source.entries(node, entry.path, '`follows`', ['through', 'by']);
    const [through, by] = ['through', 'by'].map((key) => parts.find((part) => part.key === key));
    if (!through) {
      this.source.report(node, entry.path, '`follows` needs `through`, the type that links');
      return null;
    }
    const name = this.source.text(through.value) ?? '';
    const link = this.schema.types.get(name);
    const linking = (type: RecordTypeMeta) => type.fields.filter((field) => field.target === this.type.name);
    if (link?.cloud !== 'policy' || linking(link).length === 0) {
      const able = [...this.schema.types.values()].filter(
        (type) => type.cloud === 'policy' && type !== this.type && linking(type).length > 0,
      );
      const known = able.map((type) => type.name);
      const message = link
        ? `${name} has no reference to ${this.type.name}; types that have one: ${known.join(', ')}`
        : `unknown type \`${name}\`; types with a reference to ${this.type.name}: ${known.join(', ')}`;
      this.source.report(through.value ?? through.keyNode, through.path, message, suggest(name, known));
      return null;
    }
    const reference = this.linkReference(linking(link), through, by);
    if (!reference || !this.isSelected(name, through.value, through)) return null;
    return { kind: 'link', reference, link, type: name };
  }

  private linkReference(
    references: readonly FieldMeta[],
    through: Entry,
    by: Entry | undefined,
  ): FieldMeta | null {
    const written = by ? (this.source.text(by.value) ?? '') : null;
    const matching = references.filter(
      (field) => written === null || [field.relation, field.name].includes(written),
    );
    const [reference] = matching;
    if (reference && matching.length === 1) return reference;
    const choices = references.map((field) => String(field.relation));
    const message =
      written === null
        ? `\`${String(this.source.text(through.value))}\` has several references to ${this.type.name}: add \`by\`, one of ${choices.join(', ')}`
        : `there is no such reference; known: ${choices.join(', ')}`;
    const place = by ?? through;
    this.source.report(place.value ?? place.keyNode, place.path, message, suggest(written ?? '', choices));
    return null;
  }

  private reference(type: RecordTypeMeta, name: string, node: Node | null, entry: Entry): FieldMeta | null {
    const references = type.fields.filter((field) => {
      const target = field.target ? this.schema.types.get(field.target) : undefined;
      return target?.cloud === 'policy';
    });
    const matching = references.filter((field) => [field.relation, field.name, field.target].includes(name));
    const exact = matching.filter((field) => field.relation === name || field.name === name);
    const chosen = exact.length === 1 ? exact[0] : matching.length === 1 ? matching[0] : undefined;
    if (chosen) return chosen;
    if (matching.length > 1) {
      const choices = matching.map((field) => String(field.relation)).join(', ');
      const message = `${type.name} has several references to ${name}: name one of ${choices}`;
      this.source.report(node, entry.path, message);
      return null;
    }
    const known = [...new Set(references.flatMap((field) => [field.target ?? '', field.relation ?? '']))];
    const message = `${type.name} has no reference to \`${name}\``;
    this.source.report(node, entry.path, message, suggest(name, known));
    return null;
  }

  private isSelected(target: string, node: Node | null, entry: Entry): boolean {
    if (this.named.has(target)) return true;
    this.source.report(
      node ?? entry.keyNode,
      entry.path,
      `\`${target}\` is not among the policy's types, so nothing could follow it`,
    );
    return false;
  }
}

function followName(follow: PolicyFollow): string {
  if (follow.kind === 'link') return `${follow.type}.${follow.reference.name}`;
  return follow.next ? `${follow.reference.name}.${follow.next.reference.name}` : follow.reference.name;
}

/**
 * Reports each type from which `follows` leads back to itself, with the shortest way round: which row came first could
 * not be told.
 */
export function refuseCycles(
  types: ReadonlyMap<string, PolicyType>,
  report: (type: string, circle: readonly string[]) => void,
): void {
  for (const start of types.keys()) {
    const circle = circleFrom(types, start);
    if (circle) report(start, circle);
  }
}

function circleFrom(types: ReadonlyMap<string, PolicyType>, start: string): readonly string[] | null {
  const seen = new Set<string>();
  const open: string[][] = [[start]];
  for (let path = open.shift(); path !== undefined; path = open.shift())
    for (const { type } of types.get(path.at(-1) ?? '')?.follows ?? []) {
      if (type === start) return [...path, start];
      if (seen.has(type)) continue;
      seen.add(type);
      open.push([...path, type]);
    }
  return null;
}
