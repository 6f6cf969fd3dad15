import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import {
  ACCESS_POLICY,
  maxLimit,
  RecordService,
  recordTypeOf,
  type AccessPolicy,
  type RecordData,
} from '../../records/index.js';
import { asText } from '../mapping/stored-text.js';

/** Values per query. */
const batchSize = 500;

export interface Search {
  readonly type: string;
  readonly by: string;
  readonly where?: Readonly<Record<string, string>>;
  /** fields to fetch; all where left out */
  readonly fields?: readonly string[];
}

/** Finds records by the texts of one field, through the record engine: what the importer may not see is not there. */
@Injectable()
export class RecordSearch {
  constructor(
    private readonly records: RecordService,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /** @param texts in stored form (`storedText`) @returns by text, the records that hold it */
  async find(
    ctx: RequestContext,
    tx: QueryRunner,
    search: Search,
    texts: readonly string[],
  ): Promise<Map<string, RecordData[]>> {
    const found = new Map<string, RecordData[]>();
    if (this.policy.can(ctx, recordTypeOf(search.type), 'read') === 'none') return found;
    for (let start = 0; start < texts.length; start += batchSize)
      for await (const record of this.some(ctx, tx, search, texts.slice(start, start + batchSize))) {
        const text = asText(record[search.by]);
        const same = found.get(text);
        if (same) same.push(record);
        else found.set(text, [record]);
      }
    return found;
  }

  private async *some(
    ctx: RequestContext,
    tx: QueryRunner,
    { type, by, where, fields }: Search,
    texts: readonly string[],
  ): AsyncGenerator<RecordData> {
    const isNumber = recordTypeOf(type).fieldByName.get(by)?.kind === 'integer';
    const values = isNumber ? texts.map(Number) : texts;
    const conditions = Object.entries(where ?? {}).map(([field, value]) => ({ field, op: 'eq', value }));
    const filter = { and: [{ field: by, op: 'in', value: values }, ...conditions] };
    let cursor: string | null = null;
    do {
      const shape = { filter, limit: maxLimit, ...(fields ? { fields: [...fields] } : {}) };
      const query = cursor === null ? shape : { ...shape, cursor };
      const { data, page } = await this.records.list(ctx, type, query, tx);
      yield* data;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}
