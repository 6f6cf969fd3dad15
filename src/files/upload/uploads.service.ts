import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import { InvalidInput, ReadOnlyReplica } from '../../platform/errors/index.js';
import type { FileStore, IncomingFile } from '../../platform/file-store/index.js';
import type { RecordTypeMeta, RequestContext } from '../../records/index.js';
import type { Attachment } from '../attachment.js';
import { mediaTypeOf } from '../content/media-type.js';
import { FilesAudit } from '../files.audit.js';
import { FILE_STORE, FILES_OPTIONS, type FilesOptions } from '../files.options.js';
import { GrantRequests } from '../grants/grant-requests.service.js';
import { labelProblem } from '../labels.js';
import { AttachmentRows } from '../rows/attachment-rows.service.js';
import { toAttachment } from '../rows/attachment.row.js';
import { findDamaged, keepBlob } from './blob-keeping.js';
import { safeFileName } from './file-name.js';

export interface Upload {
  readonly name: string;
  readonly label: string | null;
  /** as the sender calls its type */
  readonly declaredType?: string;
  readonly body: Readable | undefined;
}

/** Takes files in. The content is on the disk, synced, before the row that names it is committed. */
@Injectable()
export class Uploads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AttachmentRows,
    private readonly audit: FilesAudit,
    private readonly grants: GrantRequests,
    @Inject(FILES_OPTIONS) private readonly options: FilesOptions,
    @Inject(FILE_STORE) private readonly store: FileStore | null,
  ) {}

  /** @throws NotFound, NotAllowed, InvalidInput, TooLarge, StoreFull */
  async add(
    ctx: RequestContext,
    type: RecordTypeMeta,
    recordId: string,
    upload: Upload,
  ): Promise<Attachment> {
    const { store } = this;
    if (store === null) throw new ReadOnlyReplica();
    // Before a gigabyte is taken in, and again when it is here: rights and records change meanwhile.
    await this.rows.demandRecord(this.dataSource, ctx, type, recordId, { to: 'update' });
    const problem = labelProblem(upload.label, this.options.labels);
    if (problem) throw new InvalidInput([problem]);
    if (upload.body === undefined) throw emptyFile();
    const incoming = await store.receive(upload.body, { maxBytes: this.options.maxBytes });
    try {
      if (incoming.bytes === 0) throw emptyFile();
      const mediaType = await mediaTypeOf(
        incoming.head,
        incoming.head.length === incoming.bytes,
        upload.declaredType,
      );
      const damaged = await findDamaged(this.dataSource, store, incoming);
      const kept = await this.keep(ctx, type, recordId, { ...upload, store, incoming, mediaType, damaged });
      await this.grants.wanted([kept.blobId]);
      return kept.attachment;
    } finally {
      await incoming.discard();
    }
  }

  private keep(
    ctx: RequestContext,
    type: RecordTypeMeta,
    recordId: string,
    file: Upload & { store: FileStore; incoming: IncomingFile; mediaType: string; damaged: Buffer | null },
  ): Promise<{ attachment: Attachment; blobId: string }> {
    return withTransaction(this.dataSource, async (tx) => {
      await this.rows.demandRecord(tx, ctx, type, recordId, { to: 'update', lock: true });
      const blobId = await keepBlob(tx, file.store, file.incoming, file.damaged);
      const id = uuidv7();
      const name = safeFileName(file.name);
      await query(
        tx,
        `INSERT INTO crm.attachment (id, created_at, created_by, updated_at, updated_by, owner_id, record_type,
           record_id, name, media_type, bytes, label, blob_id)
         VALUES ($1, now(), $2, now(), $2, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          ...[id, ctx.principal.userId, type.name, recordId],
          ...[name, file.mediaType, file.incoming.bytes, file.label, blobId],
        ],
      );
      const row = await this.rows.demand(tx, ctx, id, { to: 'read' });
      await this.audit.changed(tx, ctx, 'attachment-add', null, row);
      return { attachment: toAttachment(row), blobId };
    });
  }
}

const emptyFile = (): InvalidInput => new InvalidInput([{ path: '', message: 'the file is empty' }]);
