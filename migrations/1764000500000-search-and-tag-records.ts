import type { MigrationInterface, QueryRunner } from 'typeorm';

// Search over all types, tags on records, and the tables of mentions, followers and saved views. The statements are
// those of src/records/schema; test/integration/database/schema-difference.spec.ts fails when the two differ.
// On large tables the indexes take their time: about a minute per million contacts.
const statements = [
  `CREATE FUNCTION crm.search_text(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $$
    DECLARE folded text;
    BEGIN
      IF octet_length(value) = char_length(value) THEN
        folded := lower(value COLLATE "C");
      ELSE
        folded := regexp_replace(lower(normalize(value, NFD) COLLATE "und-x-icu"), '[\\u0300-\\u036f]', '', 'g');
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := translate(folded, 'øđðłıħς', 'oddlihσ');
      END IF;
      folded := translate(folded, '!"#$%&''()*+,-./:;<=>?@[\\]^_\`{|}~', '                                ');
      IF position('  ' IN folded) > 0 THEN folded := regexp_replace(folded, ' {2,}', ' ', 'g'); END IF;
      RETURN ltrim(folded, ' ');
    END $$`,
  `CREATE FUNCTION crm.phone_words(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10 AS $$
    SELECT ltrim(regexp_replace(value, '[^0-9]', '', 'g'), '0')
      || ' r' || reverse(ltrim(regexp_replace(value, '[^0-9]', '', 'g'), '0')) $$`,
  `CREATE FUNCTION crm.custom_words(custom jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 50 AS $$
    SELECT coalesce(string_agg(value #>> '{}', ' '), '') FROM jsonb_each(custom) WHERE jsonb_typeof(value) = 'string' $$`,
  `GRANT EXECUTE ON FUNCTION crm.search_text(text), crm.phone_words(text), crm.custom_words(jsonb)
    TO holdfast_app, holdfast_maintainer, holdfast_replica_apply, holdfast_replica_app`,
  `ALTER TABLE crm."account" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."contact" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."product" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."deal" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."case" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."activity" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."lead" ADD COLUMN "tags" jsonb`,
  `ALTER TABLE crm."campaign" ADD COLUMN "tags" jsonb`,
  `CREATE INDEX "user_words_idx" ON crm."user" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text))))`,
  `CREATE INDEX "user_custom_words_idx" ON crm."user" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "user_title_idx" ON crm."user" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "account_tags_idx" ON crm."account" USING gin ("tags")`,
  `CREATE INDEX "account_words_idx" ON crm."account" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text) || ' '::text || coalesce(crm.phone_words("phone"), ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "account_custom_words_idx" ON crm."account" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "account_title_idx" ON crm."account" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "contact_tags_idx" ON crm."contact" USING gin ("tags")`,
  `CREATE INDEX "contact_words_idx" ON crm."contact" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("first_name", ''::text) || ' '::text || coalesce("last_name", ''::text) || ' '::text || coalesce("email", ''::text) || ' '::text || coalesce(crm.phone_words("phone"), ''::text) || ' '::text || coalesce(crm.phone_words("mobile"), ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "contact_custom_words_idx" ON crm."contact" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "contact_title_idx" ON crm."contact" ((crm.search_text(coalesce("first_name", ''::text) || ' '::text || coalesce("last_name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "contact_last_name_search_idx" ON crm."contact" ((crm.search_text(coalesce("last_name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "product_tags_idx" ON crm."product" USING gin ("tags")`,
  `CREATE INDEX "product_words_idx" ON crm."product" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text) || ' '::text || coalesce("code", ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "product_custom_words_idx" ON crm."product" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "product_title_idx" ON crm."product" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_tags_idx" ON crm."deal" USING gin ("tags")`,
  `CREATE INDEX "deal_words_idx" ON crm."deal" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "deal_custom_words_idx" ON crm."deal" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "deal_title_idx" ON crm."deal" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "pipeline_words_idx" ON crm."pipeline" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text))))`,
  `CREATE INDEX "pipeline_custom_words_idx" ON crm."pipeline" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "pipeline_title_idx" ON crm."pipeline" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "stage_words_idx" ON crm."stage" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text))))`,
  `CREATE INDEX "stage_custom_words_idx" ON crm."stage" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "stage_title_idx" ON crm."stage" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "case_tags_idx" ON crm."case" USING gin ("tags")`,
  `CREATE INDEX "case_words_idx" ON crm."case" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("subject", ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "case_custom_words_idx" ON crm."case" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "case_title_idx" ON crm."case" ((crm.search_text(coalesce("subject", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "activity_tags_idx" ON crm."activity" USING gin ("tags")`,
  `CREATE INDEX "activity_words_idx" ON crm."activity" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("subject", ''::text) || ' '::text || coalesce("body", ''::text))))`,
  `CREATE INDEX "activity_custom_words_idx" ON crm."activity" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "activity_title_idx" ON crm."activity" ((crm.search_text(coalesce("subject", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_tags_idx" ON crm."lead" USING gin ("tags")`,
  `CREATE INDEX "lead_words_idx" ON crm."lead" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("first_name", ''::text) || ' '::text || coalesce("last_name", ''::text) || ' '::text || coalesce("company", ''::text) || ' '::text || coalesce("email", ''::text) || ' '::text || coalesce(crm.phone_words("phone"), ''::text) || ' '::text || coalesce(crm.phone_words("mobile"), ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "lead_custom_words_idx" ON crm."lead" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "lead_title_idx" ON crm."lead" ((crm.search_text(coalesce("first_name", ''::text) || ' '::text || coalesce("last_name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_last_name_search_idx" ON crm."lead" ((crm.search_text(coalesce("last_name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_tags_idx" ON crm."campaign" USING gin ("tags")`,
  `CREATE INDEX "campaign_words_idx" ON crm."campaign" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text) || ' '::text || coalesce("description", ''::text))))`,
  `CREATE INDEX "campaign_custom_words_idx" ON crm."campaign" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "campaign_title_idx" ON crm."campaign" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_line_words_idx" ON crm."deal_line" USING gin (to_tsvector('simple'::regconfig, crm.search_text(coalesce("name", ''::text))))`,
  `CREATE INDEX "deal_line_custom_words_idx" ON crm."deal_line" USING gin (to_tsvector('simple'::regconfig, crm.search_text(crm.custom_words("custom")))) WHERE "custom" <> '{}'::jsonb`,
  `CREATE INDEX "deal_line_title_idx" ON crm."deal_line" ((crm.search_text(coalesce("name", ''::text))) COLLATE "C") WHERE "deleted_at" IS NULL`,
  `ALTER TABLE crm.custom_field ADD COLUMN "searchable" boolean NOT NULL DEFAULT false`,
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
  `GRANT SELECT, INSERT, UPDATE, DELETE ON crm.tag, crm.tag_change, crm.mention, crm.follow, crm.saved_view, crm.default_view
    TO holdfast_app, holdfast_replica_apply`,
  `GRANT SELECT ON crm.tag, crm.tag_change, crm.mention, crm.follow, crm.saved_view, crm.default_view
    TO holdfast_maintainer, holdfast_replica_app`,
];

export class SearchAndTagRecords1764000500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new TypeError('tags and views are never taken back: restore a backup instead'));
  }
}
