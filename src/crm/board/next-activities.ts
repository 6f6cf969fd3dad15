import {
  kinds,
  recordTypeOf,
  type RecordService,
  type RequestContext,
  type TypeViews,
} from '../../records/index.js';
import type { NextActivity } from './board.js';

const needed = ['dealId', 'kind', 'subject', 'dueAt', 'done'] as const;
/** What one filter may list. */
const batchSize = 1000;

/** Per deal the open activity that is due first, among those that the caller may see. */
export async function readNextActivities(
  records: RecordService,
  views: TypeViews,
  ctx: RequestContext,
  dealIds: readonly string[],
): Promise<Map<string, NextActivity>> {
  const type = recordTypeOf('activity');
  const view = views.of(ctx, type);
  const next = new Map<string, NextActivity>();
  if (!needed.every((name) => view.field(name))) return next;
  for (let at = 0; at < dealIds.length; at += batchSize) {
    const filter = {
      and: [
        { field: 'dealId', op: 'in', value: dealIds.slice(at, at + batchSize) },
        { field: 'done', op: 'eq', value: false },
        { field: 'kind', op: 'neq', value: 'note' },
      ],
    };
    const rows = await records.over(
      ctx,
      type,
      { filter },
      (activities) =>
        `SELECT DISTINCT ON (t."deal_id") t."deal_id", t."id", t."kind", t."subject", t."due_at"
         FROM ${activities} ORDER BY t."deal_id", t."due_at", t."id"`,
    );
    for (const [dealId, id, kind, subject, dueAt] of rows)
      next.set(dealId ?? '', {
        id: id ?? '',
        kind: kind ?? '',
        subject: subject ?? '',
        dueAt: dueAt == null ? null : readTime(dueAt),
      });
  }
  return next;
}

function readTime(text: string): string {
  const field = recordTypeOf('activity').fieldByName.get('dueAt');
  return field ? String(kinds.dateTime.read(text, field)) : text;
}
