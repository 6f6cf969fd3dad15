import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail, type AuditRecord } from '../../audit/index.js';
import {
  cursorAt,
  findRecordType,
  RecordService,
  TypeViews,
  type RecordData,
  type RecordTypeMeta,
  type RequestContext,
  type TypeView,
} from '../../records/index.js';
import { readPosition, writePosition } from './timeline-cursor.js';
import type { TimelineEntry, TimelinePage, TimelinePosition } from './timeline.entry.js';

type Change = NonNullable<TimelineEntry['change']>;
interface AttachmentFacts {
  readonly id: string;
  readonly name: string;
  readonly label: string | null;
}

/** Links that every record has; a record's owner is not what an activity is about. */
const bookkeeping: ReadonlySet<string> = new Set(['createdBy', 'updatedBy', 'ownerId']);
const activitySort = '-createdAt,-id';

/** What happened around one record, newest first: only what the caller may see of either. */
@Injectable()
export class TimelineService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    private readonly audit: AuditTrail,
    private readonly views: TypeViews,
  ) {}

  /** @throws NotFound where the record may not be seen */
  async page(
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    limit: number,
    cursor?: string,
  ): Promise<TimelinePage> {
    await this.records.get(ctx, type, id, { fields: ['id'] });
    const from = readPosition(cursor);
    const [activities, changes] = await Promise.all([
      this.activities(ctx, type, id, limit, from.activity),
      this.changes(type, id, limit, from.change),
    ]);
    const merged = [...activities, ...changes].sort(newestFirst);
    const shown = merged.slice(0, limit);
    const next: TimelinePosition = {
      activity: nextPlace(shown, 'activity', activities.length > limit, from.activity, merged),
      change: nextPlace(shown, 'change', changes.length > limit, from.change, merged),
    };
    const isEnd = next.activity === false && next.change === false;
    const view = this.views.of(ctx, type);
    return {
      data: shown.flatMap((entry) => withoutHidden(entry, view)),
      page: { nextCursor: isEnd ? null : writePosition(next) },
    };
  }

  private async activities(
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    limit: number,
    from: TimelinePosition['activity'],
  ): Promise<TimelineEntry[]> {
    const activity = findRecordType('activity');
    if (from === false || !activity) return [];
    const view = this.views.of(ctx, activity);
    const links = view.fields.filter(({ name, target }) => target === type.name && !bookkeeping.has(name));
    if (links.length === 0) return [];
    const page = await this.records.list(ctx, activity, {
      filter: { or: links.map(({ name }) => ({ field: name, op: 'eq', value: id })) },
      sort: '-createdAt',
      limit: limit + 1,
      expand: view.field('createdBy') ? ['createdBy'] : [],
      ...(from ? { cursor: cursorAt(activitySort, from.at, from.id) } : {}),
    });
    return page.data.map(activityEntry);
  }

  private async changes(
    type: RecordTypeMeta,
    id: string,
    limit: number,
    from: TimelinePosition['change'],
  ): Promise<TimelineEntry[]> {
    if (from === false) return [];
    const page = { limit: limit + 1, ...(from ? { before: from } : {}) };
    return (await this.audit.history(this.dataSource, type.name, id, page)).map(changeEntry);
  }
}

function newestFirst(a: TimelineEntry, b: TimelineEntry): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** Each stream goes on after the last of its entries that was shown. */
function nextPlace(
  shown: readonly TimelineEntry[],
  kind: TimelineEntry['kind'],
  hasMore: boolean,
  from: TimelinePosition['activity'],
  merged: readonly TimelineEntry[],
): TimelinePosition['activity'] {
  const isLeft = merged.slice(shown.length).some((entry) => entry.kind === kind);
  if (!hasMore && !isLeft) return false;
  const last = shown.findLast((entry) => entry.kind === kind);
  return last ? { at: last.at, id: last.id } : from;
}

function activityEntry(record: RecordData): TimelineEntry {
  const { creator, ...activity } = record;
  const by = creator as { id: string; title: string | null } | null | undefined;
  return {
    id: String(record['id']),
    at: String(record['createdAt']),
    kind: 'activity',
    by: by ? { id: by.id, name: by.title } : null,
    activity,
  };
}

function changeEntry(record: AuditRecord): TimelineEntry {
  return {
    id: record.id,
    at: record.at,
    kind: 'change',
    by: { id: record.actorId, name: record.actorName },
    change: {
      action: record.action,
      erased: record.erased,
      ...attachmentOf(record),
      fields: record.fieldNames.map((name) => ({
        name,
        before: record.before?.[name] ?? null,
        after: record.after?.[name] ?? null,
      })),
    },
  };
}

/** What the audit of `files` says of the file; nothing where its values were erased. */
function attachmentOf({ action, before, after }: AuditRecord): Pick<Change, 'attachment'> {
  if (!action.startsWith('attachment-')) return {};
  const [was, is] = [before, after].map((values) => values?.['attachment'] as AttachmentFacts | undefined);
  const told = is ?? was;
  if (!told) return {};
  const attachment = { id: told.id, name: told.name, label: told.label };
  if (!was || !is) return { attachment };
  return { attachment: { ...attachment, before: { name: was.name, label: was.label } } };
}

/** A change of nothing but hidden fields is itself hidden. */
function withoutHidden(entry: TimelineEntry, view: TypeView): TimelineEntry[] {
  if (!entry.change) return [entry];
  const fields = entry.change.fields.filter(({ name }) => view.field(name));
  if (entry.change.action === 'update' && fields.length === 0) return [];
  return [{ ...entry, change: { ...entry.change, fields } }];
}
