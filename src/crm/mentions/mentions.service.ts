import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import {
  ACCESS_POLICY,
  RecordService,
  recordTypeOf,
  type AccessPolicy,
  type RecordData,
  type RequestContext,
} from '../../records/index.js';

export interface Mention {
  readonly id: string;
  readonly at: string;
  readonly by: { readonly id: string | null; readonly name: string | null };
  readonly readAt: string | null;
  /** the note, as its reader may see it */
  readonly activity: RecordData;
}

export interface MentionPage {
  readonly data: readonly Mention[];
  /** at most 100 */
  readonly unread: number;
  readonly page: { readonly nextCursor: string | null };
}

interface Row {
  id: string;
  at: Date;
  byId: string | null;
  byName: string | null;
  readAt: Date | null;
  activityId: string;
}

export interface MentionQuery {
  readonly state: 'all' | 'unread' | 'read';
  readonly limit: number;
  /** id of the last mention of the page before */
  readonly before?: string;
}

const states = { all: 'TRUE', unread: 'm.read_at IS NULL', read: 'm.read_at IS NOT NULL' } as const;
const maxUnread = 100;

/** Notes that name the caller, newest first: those only that he may read. */
@Injectable()
export class Mentions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  async page(ctx: RequestContext, { state, limit, before }: MentionQuery): Promise<MentionPage> {
    const rows = await this.rows(ctx, states[state], limit + 1, before);
    const shown = rows.slice(0, limit);
    const notes = await this.notes(ctx, shown);
    const unread = (await this.rows(ctx, states.unread, maxUnread)).length;
    return {
      data: shown.flatMap((row) => {
        const activity = notes.get(row.activityId);
        return activity ? [present(row, activity)] : [];
      }),
      unread,
      page: { nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null },
    };
  }

  /** @param ids all where left out; those of other people are left alone */
  async markRead(ctx: RequestContext, ids?: readonly string[]): Promise<void> {
    await query(
      this.dataSource,
      `UPDATE crm.mention SET read_at = now()
       WHERE user_id = $1 AND read_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY($2::uuid[]))`,
      [ctx.principal.userId, ids ?? null],
    );
  }

  private async rows(ctx: RequestContext, state: string, limit: number, before?: string): Promise<Row[]> {
    const params: unknown[] = [ctx.principal.userId, limit, before ?? null];
    const mayRead = this.policy.predicate(ctx, recordTypeOf('activity'), 'read', 'a', params);
    return query<Row>(
      this.dataSource,
      `SELECT m.id, m.created_at AS at, m.created_by AS "byId", u.name AS "byName", m.read_at AS "readAt",
         m.activity_id AS "activityId"
       FROM crm.mention m JOIN crm."activity" a ON a.id = m.activity_id LEFT JOIN crm."user" u ON u.id = m.created_by
       WHERE m.user_id = $1 AND ($3::uuid IS NULL OR m.id < $3::uuid) AND ${state}
         AND a.deleted_at IS NULL AND (${mayRead}) ORDER BY m.id DESC LIMIT $2`,
      params,
    );
  }

  private async notes(ctx: RequestContext, rows: readonly Row[]): Promise<Map<string, RecordData>> {
    if (rows.length === 0) return new Map();
    const filter = { field: 'id', op: 'in', value: rows.map(({ activityId }) => activityId) };
    const { data } = await this.records.list(ctx, 'activity', { filter, limit: rows.length });
    return new Map(data.map((record) => [String(record['id']), record]));
  }
}

function present({ id, at, byId, byName, readAt }: Row, activity: RecordData): Mention {
  return {
    id,
    at: at.toISOString(),
    by: { id: byId, name: byName },
    readAt: readAt?.toISOString() ?? null,
    activity,
  };
}
