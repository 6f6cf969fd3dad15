import type { Node } from 'yaml';
import type { FieldMeta, RecordTypeMeta } from '../../../records/index.js';
import type { PolicyFollow, PolicyType } from './policy.model.js';
import type { PolicySchema } from './policy-schema.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

/** Reads `follows: account` or `follows: [account, contact]`. */
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
    const doubled = follows.find((follow, index) =>
      follows.slice(0, index).some((earlier) => earlier.reference.name === follow.reference.name),
    );
    if (doubled) this.source.report(entry.value, entry.path, `\`${doubled.reference.name}\` is named twice`);
    return follows;
  }

  private follow(node: Node | null, entry: Entry): PolicyFollow | null {
    const name = this.source.text(node);
    if (name === null) {
      this.source.report(node ?? entry.keyNode, entry.path, '`follows` must be a type or a list of types');
      return null;
    }
    const references = this.references();
    const matching = references.filter((field) => [field.relation, field.name, field.target].includes(name));
    const [reference] = matching;
    if (!reference?.target) {
      const known = [...new Set(references.flatMap((field) => [field.target ?? '', field.relation ?? '']))];
      this.source.report(
        node,
        entry.path,
        `${this.type.name} has no reference to \`${name}\``,
        suggest(name, known),
      );
      return null;
    }
    const exact = matching.filter((field) => field.relation === name || field.name === name);
    if (matching.length > 1 && exact.length !== 1) {
      const choices = matching.map((field) => String(field.relation)).join(', ');
      this.source.report(
        node,
        entry.path,
        `${this.type.name} has several references to ${name}: name one of ${choices}`,
      );
      return null;
    }
    const chosen = exact[0] ?? reference;
    return this.isSelected(chosen, node, entry) ? { reference: chosen, type: String(chosen.target) } : null;
  }

  private references(): FieldMeta[] {
    return this.type.fields.filter((field) => {
      const target = field.target ? this.schema.types.get(field.target) : undefined;
      return target?.cloud === 'policy';
    });
  }

  private isSelected(reference: FieldMeta, node: Node | null, entry: Entry): boolean {
    if (reference.target && this.named.has(reference.target)) return true;
    this.source.report(
      node,
      entry.path,
      `\`${String(reference.target)}\` is not among the policy's types, so nothing could follow it`,
    );
    return false;
  }
}

/** Reports each type from which `follows` leads back to itself: which row came first could not be told. */
export function refuseCycles(types: ReadonlyMap<string, PolicyType>, report: (type: string) => void): void {
  for (const start of types.keys()) {
    const seen = new Set<string>();
    const open = [start];
    for (let name = open.pop(); name !== undefined; name = open.pop())
      for (const follow of types.get(name)?.follows ?? [])
        if (!seen.has(follow.type)) {
          seen.add(follow.type);
          open.push(follow.type);
        }
    if (seen.has(start)) report(start);
  }
}
