import type { Classification, FieldMeta } from '../../../records/index.js';
import { defaultClassifications } from './classification-defaults.js';
import type { Entry, PolicySource } from './policy-source.js';
import { suggest } from './suggest.js';

const maxReasonCharacters = 500;

/** Whether fields of the classification stay home unless somebody says why they may leave. */
export function isProtected(classification: Classification): boolean {
  return defaultClassifications[classification] === 'omit';
}

interface Allowed {
  readonly entry: Entry;
  isUsed: boolean;
}

/**
 * The reasons under `allow`: by `contact.email` for one field, by `personal` for a whole classification. What is let out
 * against its classification needs one, and one that lets nothing out is refused, so that the list is what a reviewer
 * has to weigh and nothing else.
 */
export class Allowances {
  private readonly allowed = new Map<string, Allowed>();
  /** what needs a reason, with or without having one */
  private readonly needed: string[] = [];

  /** @param requiresReasons false for a policy that was approved already, perhaps before reasons were asked for */
  constructor(
    private readonly source: PolicySource,
    entry: Entry | undefined,
    private readonly requiresReasons: boolean,
  ) {
    if (!entry) return;
    for (const item of source.entries(entry.value, entry.path, '`allow`')) {
      this.allowed.set(item.key, { entry: item, isUsed: false });
      this.checkReason(item);
    }
  }

  /** A field that goes as it is. */
  requireForField(type: string, field: FieldMeta, place: Entry): void {
    const { name, classification } = field;
    if (isProtected(classification))
      this.require(`${type}.${name}`, `\`${name}\` is ${classification}`, place);
  }

  /** A default that lets all fields of a classification go. */
  requireForDefault(classification: Classification, place: Entry): void {
    if (isProtected(classification))
      this.require(classification, `this lets out every ${classification} field`, place);
  }

  /** Once everything was read. */
  refuseUnused(): void {
    for (const { entry, isUsed } of this.allowed.values())
      if (!isUsed)
        this.source.report(
          entry.keyNode,
          entry.path,
          `\`${entry.key}\` allows nothing: the policy does not include it against its classification; ` +
            'a reason stands by `<type>.<field>`, `<type>.custom.<key>` or the classification',
          suggest(
            entry.key,
            this.needed.filter((name) => !this.allowed.has(name)),
          ),
        );
  }

  private require(name: string, cause: string, place: Entry): void {
    this.needed.push(name);
    const allowed = this.allowed.get(name);
    if (allowed) {
      allowed.isUsed = true;
      return;
    }
    if (!this.requiresReasons) return;
    this.source.report(
      place.value ?? place.keyNode,
      place.path,
      `${cause}, so it needs a reason under \`allow\` at the top of the policy; ` +
        'a mask, a pseudonym or a generalised value needs none',
      `allow: { ${name}: "why it may leave" }`,
    );
  }

  private checkReason({ key, keyNode, value, path }: Entry): void {
    const reason = this.source.text(value)?.trim() ?? '';
    if (reason !== '' && reason.length <= maxReasonCharacters) return;
    this.source.report(
      value ?? keyNode,
      path,
      `\`${key}\` needs a reason of 1 to ${String(maxReasonCharacters)} characters in quotes, such as "contract, ticket 1234"`,
    );
  }
}
