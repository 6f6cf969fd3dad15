/**
 * Files on records. A table beside the record tables: an attachment belongs to a record of any type, so it has neither
 * custom fields nor permissions of its own. Kept as text, because migrations carry a copy.
 */
export const attachmentStatements = [
  `CREATE TABLE crm.attachment (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "updated_at" timestamptz(3) NOT NULL,
    "updated_by" uuid,
    "owner_id" uuid,
    "version" integer NOT NULL DEFAULT 1,
    "deleted_at" timestamptz(3),
    "record_type" text NOT NULL,
    "record_id" uuid NOT NULL,
    "name" text NOT NULL,
    "media_type" text NOT NULL,
    "bytes" bigint NOT NULL,
    "label" text,
    "blob_id" uuid REFERENCES files.blob ("id"),
    "object_name" text,
    "object_bytes" bigint,
    "object_sha256" text,
    "object_state" text,
    CONSTRAINT "attachment_has_content" CHECK ("blob_id" IS NOT NULL),
    CONSTRAINT "attachment_is_at_home" CHECK (num_nonnulls("object_name", "object_bytes", "object_sha256", "object_state") = 0)
  )`,
  `COMMENT ON COLUMN crm.attachment.blob_id IS 'on premises only: the content in the local store'`,
  `COMMENT ON COLUMN crm.attachment.object_name IS 'on a replica only, as object_bytes, object_sha256 and object_state: the sealed object in the bucket'`,
  `CREATE INDEX "attachment_record_idx" ON crm.attachment ("record_type", "record_id", "id")`,
  `CREATE INDEX "attachment_blob_id_idx" ON crm.attachment ("blob_id", "id")`,
  `CREATE INDEX "attachment_owner_id_idx" ON crm.attachment ("owner_id", "id")`,
  `CREATE INDEX "attachment_deleted_at_idx" ON crm.attachment ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  ...['created_by', 'updated_by', 'owner_id'].map(
    (column) =>
      `ALTER TABLE crm.attachment ADD CONSTRAINT "attachment_${column}_fkey" FOREIGN KEY ("${column}") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  ),
];
