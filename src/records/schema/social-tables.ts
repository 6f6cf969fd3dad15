/**
 * What people do around records: tags with their colours, who is mentioned, who follows, and saved views. Tables
 * beside the record tables, kept as text, because migrations carry a copy.
 */
export const socialTables = [
  `CREATE TABLE crm.tag (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "updated_at" timestamptz(3) NOT NULL,
    "updated_by" uuid,
    "version" integer NOT NULL DEFAULT 1,
    "name" text NOT NULL,
    "colour" text
  )`,
  `CREATE UNIQUE INDEX "tag_name_key" ON crm.tag ((lower("name" COLLATE "und-x-icu")))`,
  // a rename or removal on its way through the records; until it is done, the old name still means the new one
  `CREATE TABLE crm.tag_change (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "from_name" text NOT NULL,
    "to_name" text,
    "done" integer NOT NULL DEFAULT 0,
    "finished_at" timestamptz(3)
  )`,
  `CREATE TABLE crm.mention (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "activity_id" uuid NOT NULL REFERENCES crm."activity" ("id") ON DELETE CASCADE,
    "user_id" uuid NOT NULL REFERENCES crm."user" ("id") ON DELETE CASCADE,
    "read_at" timestamptz(3)
  )`,
  `CREATE UNIQUE INDEX "mention_activity_user_key" ON crm.mention ("activity_id", "user_id")`,
  `CREATE INDEX "mention_user_idx" ON crm.mention ("user_id", "id")`,
  `CREATE TABLE crm.follow (
    "id" uuid PRIMARY KEY,
    "user_id" uuid NOT NULL REFERENCES crm."user" ("id") ON DELETE CASCADE,
    "record_type" text NOT NULL,
    "record_id" uuid NOT NULL,
    "created_at" timestamptz(3) NOT NULL
  )`,
  `CREATE UNIQUE INDEX "follow_user_record_key" ON crm.follow ("user_id", "record_type", "record_id")`,
  `CREATE INDEX "follow_record_idx" ON crm.follow ("record_type", "record_id", "created_at")`,
  `CREATE TABLE crm.saved_view (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "updated_at" timestamptz(3) NOT NULL,
    "updated_by" uuid,
    "owner_id" uuid NOT NULL REFERENCES crm."user" ("id") ON DELETE CASCADE,
    "version" integer NOT NULL DEFAULT 1,
    "type" text NOT NULL,
    "name" text NOT NULL,
    "filter" jsonb,
    "sort" text,
    "columns" jsonb NOT NULL DEFAULT '[]',
    "layout" text NOT NULL CHECK ("layout" IN ('table', 'board')),
    "shared_with" jsonb NOT NULL DEFAULT '"nobody"',
    "position" integer NOT NULL DEFAULT 0
  )`,
  `CREATE UNIQUE INDEX "saved_view_owner_type_name_key" ON crm.saved_view ("owner_id", "type", (lower("name" COLLATE "und-x-icu")))`,
  `CREATE INDEX "saved_view_type_idx" ON crm.saved_view ("type", "position", "id")`,
  `CREATE TABLE crm.default_view (
    "id" uuid PRIMARY KEY,
    "user_id" uuid NOT NULL REFERENCES crm."user" ("id") ON DELETE CASCADE,
    "type" text NOT NULL,
    "view_id" uuid NOT NULL REFERENCES crm.saved_view ("id") ON DELETE CASCADE
  )`,
  `CREATE UNIQUE INDEX "default_view_user_type_key" ON crm.default_view ("user_id", "type")`,
] as const;
