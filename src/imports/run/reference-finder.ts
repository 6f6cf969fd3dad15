import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import type { ConvertedRow, PendingLookup } from '../mapping/convert-row.js';
import type { LookupRule } from '../mapping/mapping.js';
import { storedText } from '../mapping/stored-text.js';
import { RecordSearch } from './record-search.js';

/** Distinct texts remembered per run; past that the oldest are asked for again. */
const maxRemembered = 50_000;

/** What a text leads to: an id, nothing, or more than one record. */
type Found = { readonly id: string } | 'none' | 'several';

/** Answers remembered for one run, so that 8,000 deals of 85 accounts ask 85 times. */
export class FoundReferences {
  private readonly byKey = new Map<string, Found>();

  get(lookup: LookupRule, text: string): Found | undefined {
    return this.byKey.get(keyOf(lookup, text));
  }

  set(lookup: LookupRule, text: string, found: Found): void {
    this.byKey.set(keyOf(lookup, text), found);
  }

  /** Between two chunks: what a chunk needs must stay while it is written. */
  forgetOldest(): void {
    for (const key of this.byKey.keys()) {
      if (this.byKey.size <= maxRemembered) return;
      this.byKey.delete(key);
    }
  }
}

function keyOf({ type, by, where }: LookupRule, text: string): string {
  return JSON.stringify([type, by, where, text]);
}

/** Turns the texts of references into ids. */
@Injectable()
export class ReferenceFinder {
  constructor(private readonly search: RecordSearch) {}

  /** Makes `known` hold an answer for each of the lookups. */
  async find(
    ctx: RequestContext,
    tx: QueryRunner,
    pending: readonly PendingLookup[],
    known: FoundReferences,
  ): Promise<void> {
    known.forgetOldest();
    const wanted = new Map<string, { lookup: LookupRule; texts: Set<string> }>();
    for (const { lookup, text } of pending) {
      if (known.get(lookup, text) !== undefined) continue;
      const group = keyOf(lookup, '');
      const entry = wanted.get(group) ?? { lookup, texts: new Set() };
      entry.texts.add(text);
      wanted.set(group, entry);
    }
    for (const { lookup, texts } of wanted.values()) await this.findTexts(ctx, tx, lookup, [...texts], known);
  }

  /** A text that the field could never hold finds nothing; it must not fail the rows beside it. */
  private async findTexts(
    ctx: RequestContext,
    tx: QueryRunner,
    lookup: LookupRule,
    texts: readonly string[],
    known: FoundReferences,
  ): Promise<void> {
    const { type, by, where } = lookup;
    const forms = new Map<string, string>();
    for (const text of texts) {
      const form = storedText(type, by, text);
      if ('text' in form) forms.set(text, form.text);
    }
    const search = { type, by, where, fields: ['id', by] };
    const found = await this.search.find(ctx, tx, search, [...new Set(forms.values())]);
    for (const text of texts) {
      const [first, second] = found.get(forms.get(text) ?? '') ?? [];
      known.set(lookup, text, !first ? 'none' : second ? 'several' : { id: String(first['id']) });
    }
  }
}

/** Puts the id in its place, or says on the row why there is none. */
export function resolveReference(
  row: ConvertedRow,
  { field, lookup, text }: PendingLookup,
  known: FoundReferences,
): void {
  const found = known.get(lookup, text) ?? 'none';
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  const what = `${lookup.type} whose ${lookup.by} is "${shown}"`;
  if (found === 'none') row.problems.push({ field, message: `there is no ${what}` });
  else if (found === 'several') row.problems.push({ field, message: `there is more than one ${what}` });
  else row.input[field] = found.id;
}
