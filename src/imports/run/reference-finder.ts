import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import { RecordService } from '../../records/index.js';
import type { PendingLookup } from '../mapping/convert-row.js';
import type { LookupRule } from '../mapping/mapping.js';

/** Values per query; a list of the record engine has at most 200 rows. */
const batchSize = 100;
/** Distinct texts remembered per run; past that the oldest are asked for again. */
const maxRemembered = 50_000;

/** What a text leads to: an id, nothing, or more than one record. */
export type Found = { readonly id: string } | 'none' | 'several';

/** Answers remembered for one run, so that 8,000 deals of 85 accounts ask 85 times. */
export class FoundReferences {
  private readonly byKey = new Map<string, Found>();

  get(lookup: LookupRule, text: string): Found | undefined {
    return this.byKey.get(keyOf(lookup, text));
  }

  set(lookup: LookupRule, text: string, found: Found): void {
    if (this.byKey.size >= maxRemembered) this.byKey.delete(this.byKey.keys().next().value ?? '');
    this.byKey.set(keyOf(lookup, text), found);
  }
}

function keyOf({ type, by, where }: LookupRule, text: string): string {
  return JSON.stringify([type, by, where, text]);
}

/** Turns texts into ids, through the record engine: a record that the importer may not see is not found. */
@Injectable()
export class ReferenceFinder {
  constructor(private readonly records: RecordService) {}

  /** Makes `known` hold an answer for each of the lookups. */
  async find(
    ctx: RequestContext,
    tx: QueryRunner,
    pending: readonly PendingLookup[],
    known: FoundReferences,
  ): Promise<void> {
    const wanted = new Map<string, { lookup: LookupRule; texts: Set<string> }>();
    for (const { lookup, text } of pending) {
      if (known.get(lookup, text) !== undefined) continue;
      const group = keyOf(lookup, '');
      const entry = wanted.get(group) ?? { lookup, texts: new Set() };
      entry.texts.add(text);
      wanted.set(group, entry);
    }
    for (const { lookup, texts } of wanted.values()) {
      const all = [...texts];
      for (let start = 0; start < all.length; start += batchSize) {
        await this.findSome(ctx, tx, lookup, all.slice(start, start + batchSize), known);
      }
    }
  }

  private async findSome(
    ctx: RequestContext,
    tx: QueryRunner,
    lookup: LookupRule,
    texts: string[],
    known: FoundReferences,
  ): Promise<void> {
    const conditions = Object.entries(lookup.where).map(([field, value]) => ({ field, op: 'eq', value }));
    const filter = { and: [{ field: lookup.by, op: 'in', value: texts }, ...conditions] };
    const ids = new Map<string, string[]>();
    let cursor: string | null = null;
    do {
      const query = { filter, fields: ['id', lookup.by], limit: 200, ...(cursor === null ? {} : { cursor }) };
      const { data, page } = await this.records.list(ctx, lookup.type, query, tx);
      for (const record of data) {
        const text = String(record[lookup.by]);
        ids.set(text, [...(ids.get(text) ?? []), String(record['id'])]);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    for (const text of texts) {
      const [first, second] = ids.get(text) ?? [];
      known.set(
        lookup,
        text,
        first === undefined ? 'none' : second === undefined ? { id: first } : 'several',
      );
    }
  }
}
