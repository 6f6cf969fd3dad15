import type { Attachment } from '../attachment.js';
import type { ContentPlace } from '../content/attachment-contents.port.js';
import { isPreviewable } from '../content/media-type.js';

/** A row of crm.attachment with its creator's name, as SQL answers it. */
export interface AttachmentRow extends ContentPlace {
  readonly id: string;
  readonly recordType: string;
  readonly recordId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly label: string | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly creatorName: string | null;
  readonly version: number;
  readonly deletedAt: Date | null;
  readonly objectState: string | null;
}

/** Columns of `a` (the attachment) and `u` (its creator). */
export const attachmentColumns = `
  a.id, a.record_type, a.record_id, a.name, a.media_type, a.bytes, a.label, a.blob_id, a.created_at, a.created_by,
  u.name AS creator_name, a.version, a.deleted_at, a.object_name, a.object_bytes, a.object_sha256, a.object_state`;

/** bigint comes as text; a file of more than 2^53 bytes does not. */
export interface StoredAttachment {
  id: string;
  record_type: string;
  record_id: string;
  name: string;
  media_type: string;
  bytes: string;
  label: string | null;
  blob_id: string | null;
  created_at: Date;
  created_by: string | null;
  creator_name: string | null;
  version: number;
  deleted_at: Date | null;
  object_name: string | null;
  object_bytes: string | null;
  object_sha256: string | null;
  object_state: string | null;
}

export function toRow(stored: StoredAttachment): AttachmentRow {
  return {
    id: stored.id,
    recordType: stored.record_type,
    recordId: stored.record_id,
    name: stored.name,
    mediaType: stored.media_type,
    bytes: Number(stored.bytes),
    label: stored.label,
    blobId: stored.blob_id,
    createdAt: stored.created_at,
    createdBy: stored.created_by,
    creatorName: stored.creator_name,
    version: stored.version,
    deletedAt: stored.deleted_at,
    objectName: stored.object_name,
    objectBytes: stored.object_bytes === null ? null : Number(stored.object_bytes),
    objectSha256: stored.object_sha256,
    objectState: stored.object_state,
  };
}

export function toAttachment(row: AttachmentRow): Attachment {
  return {
    id: row.id,
    recordType: row.recordType,
    recordId: row.recordId,
    name: row.name,
    mediaType: row.mediaType,
    bytes: row.bytes,
    label: row.label,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    creator: row.createdBy === null ? null : { id: row.createdBy, title: row.creatorName },
    version: row.version,
    state: row.blobId !== null || row.objectState === 'available' ? 'available' : 'pending',
    previewable: isPreviewable(row.mediaType),
  };
}
