import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import { DomainError } from '../../platform/errors/index.js';
import { RecordService, recordTypes, type RecordTypeMeta, type RequestContext } from '../../records/index.js';
import { TagStore, type TagChange } from './tag.store.js';

const batchSize = 100;

/**
 * Carries renames and removals of tags through the records, oldest first, in batches of a transaction each. Each
 * record is written by the engine, so it has its audit entry and reaches the replicas. Running twice does no harm.
 */
@Injectable()
export class TagRewriter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    private readonly store: TagStore,
  ) {}

  async run(requestId: string, signal: AbortSignal): Promise<void> {
    for (const change of await this.store.unfinished()) {
      for (const type of recordTypes())
        if (type.fields.some(({ kind }) => kind === 'tags')) await this.type(type, change, requestId, signal);
      if (signal.aborted) return;
      await this.store.finish(change.id);
    }
  }

  private async type(
    type: RecordTypeMeta,
    change: TagChange,
    requestId: string,
    signal: AbortSignal,
  ): Promise<void> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (let last: string | null = after; last !== null && !signal.aborted; after = last ?? after)
      last = await withTransaction(this.dataSource, (tx) => this.batch(tx, type, change, after, requestId));
  }

  /** @returns the last id looked at, null where none was left */
  private async batch(
    tx: QueryRunner,
    type: RecordTypeMeta,
    { id: changeId, from, to }: TagChange,
    after: string,
    requestId: string,
  ): Promise<string | null> {
    const rows = await query<{ id: string; tags: string[]; by: string | null }>(
      tx,
      `SELECT t.id, t.tags, (SELECT created_by FROM crm.tag_change WHERE id = $4) AS by FROM ${type.table} t
       WHERE t.tags ? $1 AND t.id > $2 AND t.deleted_at IS NULL ORDER BY t.id LIMIT $3 FOR UPDATE OF t`,
      [from, after, batchSize, changeId],
    );
    let written = 0;
    for (const { id, tags, by } of rows) {
      const named = tags.flatMap((tag) => (tag === from ? (to ?? []) : tag));
      if (await this.write(tx, context(requestId, by), type, id, [...new Set(named)])) written += 1;
    }
    await this.store.progress(tx, changeId, written);
    return rows.length < batchSize ? null : (rows.at(-1)?.id ?? null);
  }

  /** A record that its own rules refuse keeps its tag: one stubborn record must not stop the others. */
  private async write(
    tx: QueryRunner,
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    tags: readonly string[],
  ): Promise<boolean> {
    try {
      await this.records.update(ctx, type, id, { tags }, null, { tx });
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.httpStatus < 500) return false;
      throw error;
    }
  }
}

function context(requestId: string, userId: string | null): RequestContext {
  const principal = { kind: 'system', userId, roles: [], name: 'tags' } as const;
  return { requestId, principal, ip: null, origin: 'tags' };
}
