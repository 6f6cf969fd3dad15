import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { withTransaction, type SqlRunner } from '../../platform/database/index.js';
import { Conflict, NotAllowed } from '../../platform/errors/index.js';
import { RecordService, type RecordTypeMeta, type RequestContext } from '../../records/index.js';
import { FollowStore, type Follower } from './follow.store.js';

export const maxFollowed = 1000;

export interface FollowerPage {
  readonly data: readonly Follower[];
  /** whether the caller is one of them */
  readonly following: boolean;
  readonly page: { readonly nextCursor: string | null };
}

/** Who wants to hear of changes of a record. Nobody follows without having said so, not even the record's owner. */
@Injectable()
export class Followers {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: FollowStore,
    private readonly records: RecordService,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws NotFound where the record may not be seen */
  async follow(ctx: RequestContext, type: RecordTypeMeta, id: string): Promise<void> {
    const userId = personOf(ctx);
    await this.records.get(ctx, type, id, { fields: ['id'] });
    await withTransaction(this.dataSource, async (tx) => {
      if ((await this.store.countOf(tx, userId)) >= maxFollowed)
        throw new Conflict('too_many_followed', {
          detail: `A person follows at most ${String(maxFollowed)} records.`,
        });
      const entry = await this.store.add(tx, userId, type.name, id);
      if (entry !== null) await this.record(tx, ctx, 'create', entry, type, id);
    });
  }

  /** Whether the record may still be seen or not. */
  async unfollow(ctx: RequestContext, type: RecordTypeMeta, id: string): Promise<void> {
    const userId = personOf(ctx);
    await withTransaction(this.dataSource, async (tx) => {
      const entry = await this.store.remove(tx, userId, type.name, id);
      if (entry !== null) await this.record(tx, ctx, 'delete', entry, type, id);
    });
  }

  /** @throws NotFound where the record may not be seen */
  async page(
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    limit: number,
    after: string | null,
  ): Promise<FollowerPage> {
    await this.records.get(ctx, type, id, { fields: ['id'] });
    const [rows, following] = await Promise.all([
      this.store.followers(type.name, id, limit + 1, after),
      this.store.follows(ctx.principal.userId, type.name, id),
    ]);
    const shown = rows.slice(0, limit);
    return {
      data: shown.map(({ id: userId, name }) => ({ id: userId, name })),
      following,
      page: { nextCursor: rows.length > limit ? (shown.at(-1)?.entry ?? null) : null },
    };
  }

  /** Under a type of its own: the history of the record tells of the record, not of who looks at it. */
  private async record(
    tx: SqlRunner,
    ctx: RequestContext,
    action: 'create' | 'delete',
    entry: string,
    type: RecordTypeMeta,
    recordId: string,
  ): Promise<void> {
    const values = { recordType: type.name, recordId };
    const [before, after] = action === 'create' ? [null, values] : [values, null];
    const leaf = { action, type: 'follow', recordId: entry, fieldNames: Object.keys(values) };
    await this.audit.append(tx, ctx, [{ ...leaf, before, after }]);
  }
}

function personOf(ctx: RequestContext): string {
  const { userId } = ctx.principal;
  if (userId === null) throw new NotAllowed({ detail: 'Only people follow records.' });
  return userId;
}
