import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/index.js';
import type { SqlRunner } from '../platform/database/index.js';
import type { RequestContext } from '../records/index.js';
import type { AttachmentRow } from './rows/attachment.row.js';

type Told = Pick<AttachmentRow, 'id' | 'recordType' | 'recordId' | 'name' | 'label' | 'mediaType' | 'bytes'>;

/** What happens to an attachment is part of its record's history; that it was read stands under its own id. */
@Injectable()
export class FilesAudit {
  constructor(private readonly audit: AuditTrail) {}

  async changed(
    tx: SqlRunner,
    ctx: RequestContext,
    action:
      | 'attachment-add'
      | 'attachment-change'
      | 'attachment-delete'
      | 'attachment-restore'
      | 'attachment-purge',
    before: Told | null,
    after: Told | null,
  ): Promise<void> {
    const told = after ?? before;
    if (told === null) return;
    const what = { action, type: told.recordType, recordId: told.recordId, fieldNames: [] };
    await this.audit.append(tx, ctx, [
      { ...what, before: before && facts(before), after: after && facts(after) },
    ]);
  }

  async read(tx: SqlRunner, ctx: RequestContext, { id }: Pick<AttachmentRow, 'id'>): Promise<void> {
    const what = { action: 'attachment-read', type: 'attachment', recordId: id, fieldNames: [] };
    await this.audit.append(tx, ctx, [{ ...what, before: null, after: null }]);
  }
}

function facts({ id, name, label, mediaType, bytes }: Told): Record<string, unknown> {
  return { attachment: { id, name, label, mediaType, bytes } };
}
