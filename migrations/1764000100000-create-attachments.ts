import type { MigrationInterface, QueryRunner } from 'typeorm';

// crm.attachment is a copy of attachmentStatements in src/records/schema; schema-difference.spec.ts compares them.
const statements = [
  'CREATE SCHEMA files',
  'REVOKE ALL ON SCHEMA files FROM PUBLIC',
  'GRANT USAGE ON SCHEMA files TO holdfast_app',
  // What lies in the local store, each content once. Neither a name nor a record: those stand in crm.attachment.
  `CREATE TABLE files.blob (
     id uuid PRIMARY KEY,
     sha256 bytea NOT NULL CONSTRAINT blob_sha256_key UNIQUE CHECK (octet_length(sha256) = 32),
     bytes bigint NOT NULL CHECK (bytes >= 0),
     store_name text NOT NULL CONSTRAINT blob_store_name_key UNIQUE CHECK (store_name ~ '^[0-9a-f]{64}$'),
     wrapped_key bytea NOT NULL,
     key_id text NOT NULL,
     created_at timestamptz(3) NOT NULL DEFAULT now(),
     -- when the upkeep first saw that no attachment refers to it; null while one does
     unreferenced_since timestamptz(3)
   )`,
  'CREATE INDEX blob_unreferenced ON files.blob (unreferenced_since) WHERE unreferenced_since IS NOT NULL',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON files.blob TO holdfast_app',

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
  'GRANT SELECT, INSERT, UPDATE, DELETE ON crm.attachment TO holdfast_app, holdfast_replica_apply',
  'GRANT SELECT ON crm.attachment TO holdfast_maintainer, holdfast_replica_app',

  // The connector opens a file only with a key from here, which the server has wrapped for it. No name, no record.
  `CREATE TABLE replication.file_grant (
     blob_id uuid PRIMARY KEY REFERENCES files.blob ON DELETE CASCADE,
     store_name text NOT NULL,
     bytes bigint NOT NULL,
     sha256 bytea NOT NULL,
     -- the file's data key as an age file (base64) for the connector's recipient
     wrapped_key text NOT NULL,
     -- that recipient (public), so that a new key of the connector renews the grants
     recipient text NOT NULL,
     created_at timestamptz(3) NOT NULL DEFAULT now()
   )`,
  'GRANT SELECT, INSERT, UPDATE, DELETE ON replication.file_grant TO holdfast_app',
  'GRANT SELECT ON replication.file_grant TO holdfast_connector',
];

/** Files on records: what is stored, on which record, and what of it the connector may open. */
export class CreateAttachments1764000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['replication.file_grant', 'crm.attachment', 'files.blob'])
      await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP SCHEMA files');
  }
}
