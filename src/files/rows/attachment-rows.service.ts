import { Inject, Injectable } from '@nestjs/common';
import { query, type SqlRunner } from '../../platform/database/index.js';
import { NotAllowed, NotFound } from '../../platform/errors/index.js';
import {
  ACCESS_POLICY,
  findRecordType,
  isUuid,
  type AccessPolicy,
  type RecordTypeMeta,
  type RequestContext,
} from '../../records/index.js';
import { attachmentColumns, toRow, type AttachmentRow, type StoredAttachment } from './attachment.row.js';

export interface Wanted {
  /** `update`: the caller means to change it */
  readonly to: 'read' | 'update';
  readonly place?: 'live' | 'deleted';
  /** holds the row against other writers until the transaction ends */
  readonly lock?: boolean;
}

export interface RowPage {
  readonly limit: number;
  /** id of the last one of the page before; ids rise with time */
  readonly before: string | null;
  readonly place: 'live' | 'deleted';
}

/**
 * Reads attachments as one principal may see them: whoever may read the record may read its attachments, whoever may
 * update it may change them. Both are part of the SQL, from the same policy that the record engine asks.
 */
@Injectable()
export class AttachmentRows {
  constructor(@Inject(ACCESS_POLICY) private readonly policy: AccessPolicy) {}

  /** @throws NotFound where the record is missing, deleted or out of sight; NotAllowed where it may not be updated */
  async demandRecord(
    runner: SqlRunner,
    ctx: RequestContext,
    type: RecordTypeMeta,
    id: string,
    { to, lock = false }: Wanted,
  ): Promise<void> {
    if (!isUuid(id)) throw recordMissing(type);
    const params: unknown[] = [id];
    const { mayRead, mayUpdate } = this.conditions(ctx, type, params);
    // the record cannot go while something is put onto it
    const locking = lock ? ' FOR KEY SHARE OF r' : '';
    const [row] = await query<{ may: boolean }>(
      runner,
      `SELECT (${mayUpdate}) IS TRUE AS may FROM ${type.table} r
       WHERE r.id = $1 AND r.deleted_at IS NULL AND (${mayRead})${locking}`,
      params,
    );
    if (!row) throw recordMissing(type);
    if (to === 'update' && !row.may)
      throw new NotAllowed({ detail: `You may not update this ${type.name}.` });
  }

  /** @throws NotFound, NotAllowed, as {@link demandRecord} */
  async demand(runner: SqlRunner, ctx: RequestContext, id: string, wanted: Wanted): Promise<AttachmentRow> {
    const type = await this.typeOf(runner, id);
    const params: unknown[] = [id, type.name];
    const { mayRead, mayUpdate } = this.conditions(ctx, type, params);
    const removed = wanted.place === 'deleted' ? 'IS NOT NULL' : 'IS NULL';
    const [row] = await query<StoredAttachment & { may: boolean }>(
      runner,
      `SELECT ${attachmentColumns}, (${mayUpdate}) IS TRUE AS may
       FROM crm.attachment a JOIN ${type.table} r ON r.id = a.record_id LEFT JOIN crm."user" u ON u.id = a.created_by
       WHERE a.id = $1 AND a.record_type = $2 AND a.deleted_at ${removed} AND r.deleted_at IS NULL AND (${mayRead})
       ${wanted.lock ? 'FOR UPDATE OF a FOR KEY SHARE OF r' : ''}`,
      params,
    );
    if (!row) throw attachmentMissing();
    if (wanted.to === 'update' && !row.may)
      throw new NotAllowed({ detail: `You may not update this ${type.name}.` });
    return toRow(row);
  }

  /** Of a record that the caller may see, newest first. */
  async page(
    runner: SqlRunner,
    ctx: RequestContext,
    type: RecordTypeMeta,
    recordId: string,
    page: RowPage,
  ): Promise<AttachmentRow[]> {
    const params: unknown[] = [type.name, recordId, page.limit];
    const mayRead = this.policy.predicate(ctx, type, 'read', 'r', params);
    const removed = page.place === 'deleted' ? 'IS NOT NULL' : 'IS NULL';
    const after = page.before === null ? '' : ` AND a.id < $${String(params.push(page.before))}`;
    const rows = await query<StoredAttachment>(
      runner,
      `SELECT ${attachmentColumns}
       FROM crm.attachment a JOIN ${type.table} r ON r.id = a.record_id LEFT JOIN crm."user" u ON u.id = a.created_by
       WHERE a.record_type = $1 AND a.record_id = $2 AND a.deleted_at ${removed}${after}
         AND r.deleted_at IS NULL AND (${mayRead})
       ORDER BY a.id DESC LIMIT $3`,
      params,
    );
    return rows.map(toRow);
  }

  private async typeOf(runner: SqlRunner, id: string): Promise<RecordTypeMeta> {
    if (!isUuid(id)) throw attachmentMissing();
    const [row] = await query<{ type: string }>(
      runner,
      'SELECT record_type AS type FROM crm.attachment WHERE id = $1',
      [id],
    );
    const type = row && findRecordType(row.type);
    if (!type) throw attachmentMissing();
    return type;
  }

  private conditions(
    ctx: RequestContext,
    type: RecordTypeMeta,
    params: unknown[],
  ): { mayRead: string; mayUpdate: string } {
    const mayRead = this.policy.predicate(ctx, type, 'read', 'r', params);
    return { mayRead, mayUpdate: this.policy.predicate(ctx, type, 'update', 'r', params) };
  }
}

export const attachmentMissing = (): NotFound =>
  new NotFound({ detail: 'There is no attachment with this id.' });

const recordMissing = (type: RecordTypeMeta): NotFound =>
  new NotFound({ detail: `There is no ${type.name} with this id.` });
