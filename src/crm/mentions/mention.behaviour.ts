import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query } from '../../platform/database/index.js';
import {
  isUuid,
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { maxMentions, mentionsIn } from './mention-parser.js';

/** Keeps crm.mention in step with the text of notes; a note that names nobody we know is refused. */
@Injectable()
export class MentionBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'activity';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    const written = changes.filter(({ given, after }) => given.has('body') && after['kind'] === 'note');
    const ids = new Set(written.flatMap(({ after }) => mentionsIn(after['body'])).filter(isUuid));
    const known = await this.known(tx, [...ids]);
    for (const { after, refuse } of written) {
      const named = mentionsIn(after['body']);
      if (named.length > maxMentions) refuse('body', `mentions more than ${String(maxMentions)} people`);
      else if (named.some((id) => !known.has(id))) refuse('body', 'mentions a person who is no user here');
    }
  }

  async afterWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    const touched = changes.filter(
      ({ given, before }) => given.has('body') || (before !== null && given.has('kind')),
    );
    const wanted = touched.flatMap(({ id, after }) =>
      (after['kind'] === 'note' ? mentionsIn(after['body']) : [])
        .filter((userId) => userId !== ctx.principal.userId)
        .map((userId) => ({ id: uuidv7(), activityId: id, userId })),
    );
    const old = touched.filter(({ before }) => before !== null).map(({ id }) => id);
    if (old.length > 0) await this.forget(tx, old, wanted);
    if (wanted.length === 0) return;
    await query(
      tx,
      `INSERT INTO crm.mention (id, created_at, created_by, activity_id, user_id)
       SELECT id, now(), $4, activity, person FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) m (id, activity, person)
       ON CONFLICT (activity_id, user_id) DO NOTHING`,
      [
        wanted.map(({ id }) => id),
        wanted.map(({ activityId }) => activityId),
        wanted.map(({ userId }) => userId),
        ctx.principal.userId,
      ],
    );
  }

  /** Who is no longer named is no longer told; who still is, is not told twice. */
  private async forget(
    tx: QueryRunner,
    activities: readonly string[],
    wanted: readonly { activityId: string; userId: string }[],
  ): Promise<void> {
    await query(
      tx,
      `DELETE FROM crm.mention m WHERE m.activity_id = ANY($1::uuid[]) AND NOT EXISTS (
         SELECT 1 FROM unnest($2::uuid[], $3::uuid[]) w (activity, person)
         WHERE w.activity = m.activity_id AND w.person = m.user_id)`,
      [activities, wanted.map(({ activityId }) => activityId), wanted.map(({ userId }) => userId)],
    );
  }

  /** Inactive people, too: a note may speak of somebody who has left. */
  private async known(tx: QueryRunner, ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await query<{ id: string }>(
      tx,
      'SELECT id FROM crm."user" WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
