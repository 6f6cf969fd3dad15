import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { query } from '../../platform/database/index.js';
import {
  ACCESS_POLICY,
  findRecordType,
  TypeViews,
  type AccessPolicy,
  type RecordTypeMeta,
  type RequestContext,
} from '../../records/index.js';
import { FollowStore } from './follow.store.js';

export interface FollowedChange {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly recordId: string;
  readonly title: string | null;
  readonly by: { readonly id: string | null; readonly name: string };
  readonly change: {
    readonly action: string;
    readonly fields: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
    readonly erased: boolean;
  };
}

export interface FollowingPage {
  readonly data: readonly FollowedChange[];
  readonly page: { readonly nextCursor: string | null };
}

interface Followed {
  readonly type: RecordTypeMeta;
  readonly title: string | null;
}

/** What changed on the records that somebody follows, newest first: only what he may see of them now. */
@Injectable()
export class Following {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: FollowStore,
    private readonly audit: AuditTrail,
    private readonly views: TypeViews,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /** A change of nothing but hidden fields is left out, so a page can be shorter than asked for. */
  async page(
    ctx: RequestContext,
    limit: number,
    before: { at: string; id: string } | undefined,
  ): Promise<FollowingPage> {
    const followed = await this.visible(ctx);
    if (followed.size === 0) return { data: [], page: { nextCursor: null } };
    const records = [...followed].map(([id, { type }]) => ({ type: type.name, id }));
    const entries = await this.audit.historyOf(this.dataSource, records, {
      limit: limit + 1,
      ...(before ? { before } : {}),
    });
    const shown = entries.slice(0, limit);
    const last = shown.at(-1);
    return {
      data: shown.flatMap((entry) => {
        const record = followed.get(entry.recordId);
        return record ? this.present(ctx, entry, record) : [];
      }),
      page: { nextCursor: entries.length > limit && last ? writeCursor(last) : null },
    };
  }

  /** by record id: those that the caller may still read */
  private async visible(ctx: RequestContext): Promise<Map<string, Followed>> {
    const byType = new Map<RecordTypeMeta, string[]>();
    for (const { type: name, id } of await this.store.followed(ctx.principal.userId)) {
      const type = findRecordType(name);
      if (type) byType.set(type, [...(byType.get(type) ?? []), id]);
    }
    const found = new Map<string, Followed>();
    for (const [type, ids] of byType)
      for (const { id, title } of await this.titles(ctx, type, ids)) found.set(id, { type, title });
    return found;
  }

  private titles(
    ctx: RequestContext,
    type: RecordTypeMeta,
    ids: readonly string[],
  ): Promise<{ id: string; title: string | null }[]> {
    const params: unknown[] = [ids];
    const mayRead = this.policy.predicate(ctx, type, 'read', 't', params);
    const view = this.views.of(ctx, type);
    const parts = type.title.flatMap((name) => view.field(name) ?? []).map(({ column }) => `t."${column}"`);
    const title = parts.length === 0 ? 'NULL' : `nullif(concat_ws(' ', ${parts.join(', ')}), '')`;
    return query(
      this.dataSource,
      `SELECT t.id, ${title} AS title FROM ${type.table} t
       WHERE t.id = ANY($1::uuid[]) AND t.deleted_at IS NULL AND (${mayRead})`,
      params,
    );
  }

  private present(
    ctx: RequestContext,
    entry: Awaited<ReturnType<AuditTrail['historyOf']>>[number],
    { type, title }: Followed,
  ): FollowedChange[] {
    const view = this.views.of(ctx, type);
    const fields = entry.fieldNames
      .filter((name) => view.field(name))
      .map((name) => ({ name, before: entry.before?.[name] ?? null, after: entry.after?.[name] ?? null }));
    if (entry.action === 'update' && fields.length === 0) return [];
    return [
      {
        id: entry.id,
        at: entry.at,
        type: type.name,
        recordId: entry.recordId,
        title,
        by: { id: entry.actorId, name: entry.actorName },
        change: { action: entry.action, fields, erased: entry.erased },
      },
    ];
  }
}

function writeCursor({ at, id }: { at: string; id: string }): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}
