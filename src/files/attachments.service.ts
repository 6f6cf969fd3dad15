import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { query, withTransaction } from '../platform/database/index.js';
import { InvalidInput, StaleVersion } from '../platform/errors/index.js';
import type { RecordTypeMeta, RequestContext } from '../records/index.js';
import type { Attachment } from './attachment.js';
import { FilesAudit } from './files.audit.js';
import { FILES_OPTIONS, type FilesOptions } from './files.options.js';
import { GrantRequests } from './grants/grant-requests.service.js';
import { labelProblem } from './labels.js';
import { AttachmentRows, type RowPage } from './rows/attachment-rows.service.js';
import { toAttachment, type AttachmentRow } from './rows/attachment.row.js';
import { safeFileName } from './upload/file-name.js';

export interface AttachmentPatch {
  readonly name?: string;
  /** null takes the label away */
  readonly label?: string | null;
}

/** Files on records, all but their content. Each change and its audit entry are one transaction. */
@Injectable()
export class Attachments {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AttachmentRows,
    private readonly audit: FilesAudit,
    private readonly grants: GrantRequests,
    @Inject(FILES_OPTIONS) private readonly options: FilesOptions,
  ) {}

  /** @throws NotFound where the record may not be seen */
  async page(
    ctx: RequestContext,
    type: RecordTypeMeta,
    recordId: string,
    page: RowPage,
  ): Promise<{ data: Attachment[]; nextCursor: string | null }> {
    await this.rows.demandRecord(this.dataSource, ctx, type, recordId, { to: 'read' });
    const found = await this.rows.page(this.dataSource, ctx, type, recordId, {
      ...page,
      limit: page.limit + 1,
    });
    const shown = found.slice(0, page.limit);
    return {
      data: shown.map(toAttachment),
      nextCursor: found.length > page.limit ? (shown.at(-1)?.id ?? null) : null,
    };
  }

  async get(ctx: RequestContext, id: string): Promise<Attachment> {
    return toAttachment(await this.row(ctx, id));
  }

  row(ctx: RequestContext, id: string): Promise<AttachmentRow> {
    return this.rows.demand(this.dataSource, ctx, id, { to: 'read' });
  }

  /** @param expectedVersion null: whichever it is @throws StaleVersion, InvalidInput, NotFound, NotAllowed */
  async change(
    ctx: RequestContext,
    id: string,
    patch: AttachmentPatch,
    expectedVersion: number | null,
  ): Promise<Attachment> {
    const after = await withTransaction(this.dataSource, async (tx) => {
      const before = await this.rows.demand(tx, ctx, id, { to: 'update', lock: true });
      mustBeVersion(before, expectedVersion);
      const name = patch.name === undefined ? before.name : safeFileName(patch.name);
      const label = patch.label === undefined ? before.label : patch.label;
      // A label that is no longer known may stay where it is.
      const problem = label === before.label ? null : labelProblem(label, this.options.labels);
      if (problem) throw new InvalidInput([problem]);
      if (name === before.name && label === before.label) return before;
      await this.update(tx, ctx, id, 'name = $3, label = $4', [name, label]);
      const changed = await this.rows.demand(tx, ctx, id, { to: 'read' });
      await this.audit.changed(tx, ctx, 'attachment-change', before, changed);
      return changed;
    });
    await this.grants.wanted(blobOf(after));
    return toAttachment(after);
  }

  /** Into the recycle bin. */
  async remove(ctx: RequestContext, id: string, expectedVersion: number | null): Promise<void> {
    const removed = await withTransaction(this.dataSource, async (tx) => {
      const before = await this.rows.demand(tx, ctx, id, { to: 'update', lock: true });
      mustBeVersion(before, expectedVersion);
      await this.update(tx, ctx, id, 'deleted_at = now()');
      await this.audit.changed(tx, ctx, 'attachment-delete', before, null);
      return before;
    });
    await this.grants.wanted(blobOf(removed));
  }

  /** Out of the recycle bin. @throws NotFound where it does not lie there */
  async restore(ctx: RequestContext, id: string): Promise<Attachment> {
    const after = await withTransaction(this.dataSource, async (tx) => {
      await this.rows.demand(tx, ctx, id, { to: 'update', place: 'deleted', lock: true });
      await this.update(tx, ctx, id, 'deleted_at = NULL');
      const row = await this.rows.demand(tx, ctx, id, { to: 'read' });
      await this.audit.changed(tx, ctx, 'attachment-restore', null, row);
      return row;
    });
    await this.grants.wanted(blobOf(after));
    return toAttachment(after);
  }

  private async update(
    tx: QueryRunner,
    ctx: RequestContext,
    id: string,
    assignments: string,
    values: readonly unknown[] = [],
  ): Promise<void> {
    await query(
      tx,
      `UPDATE crm.attachment SET ${assignments}, version = version + 1, updated_at = now(), updated_by = $2
       WHERE id = $1`,
      [id, ctx.principal.userId, ...values],
    );
  }
}

function mustBeVersion(row: AttachmentRow, expected: number | null): void {
  if (expected !== null && row.version !== expected) throw new StaleVersion(toAttachment(row));
}

const blobOf = ({ blobId }: AttachmentRow): string[] => (blobId === null ? [] : [blobId]);
