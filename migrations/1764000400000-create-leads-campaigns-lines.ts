import type { MigrationInterface, QueryRunner } from 'typeorm';

// The tables as the record classes make them; test/integration/database/schema-difference.spec.ts compares.
const tables = [
  `CREATE TABLE crm."lead" (
  "id" uuid PRIMARY KEY,
  "created_at" timestamptz(3) NOT NULL,
  "created_by" uuid,
  "updated_at" timestamptz(3) NOT NULL,
  "updated_by" uuid,
  "owner_id" uuid,
  "version" integer NOT NULL DEFAULT 1,
  "deleted_at" timestamptz(3),
  "external_id" text,
  "first_name" text,
  "last_name" text NOT NULL,
  "company" text,
  "job_title" text,
  "email" text,
  "phone" text,
  "mobile" text,
  "website" text,
  "source" text,
  "status" text NOT NULL,
  "street" text,
  "postal_code" text,
  "city" text,
  "region" text,
  "country" text,
  "description" text,
  "converted_at" timestamptz(3),
  "converted_account_id" uuid,
  "converted_contact_id" uuid,
  "converted_deal_id" uuid,
  "custom" jsonb NOT NULL DEFAULT '{}'
)`,
  `CREATE TABLE crm."campaign" (
  "id" uuid PRIMARY KEY,
  "created_at" timestamptz(3) NOT NULL,
  "created_by" uuid,
  "updated_at" timestamptz(3) NOT NULL,
  "updated_by" uuid,
  "owner_id" uuid,
  "version" integer NOT NULL DEFAULT 1,
  "deleted_at" timestamptz(3),
  "external_id" text,
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "status" text NOT NULL,
  "start_date" date,
  "end_date" date,
  "budget" numeric(20,4),
  "budget_currency" character(3),
  "actual_cost" numeric(20,4),
  "actual_cost_currency" character(3),
  "expected_revenue" numeric(20,4),
  "expected_revenue_currency" character(3),
  "parent_id" uuid,
  "description" text,
  "custom" jsonb NOT NULL DEFAULT '{}'
)`,
  `CREATE TABLE crm."campaign_member" (
  "id" uuid PRIMARY KEY,
  "created_at" timestamptz(3) NOT NULL,
  "created_by" uuid,
  "updated_at" timestamptz(3) NOT NULL,
  "updated_by" uuid,
  "owner_id" uuid,
  "version" integer NOT NULL DEFAULT 1,
  "deleted_at" timestamptz(3),
  "external_id" text,
  "campaign_id" uuid NOT NULL,
  "lead_id" uuid,
  "contact_id" uuid,
  "status" text NOT NULL,
  "responded_at" timestamptz(3),
  "custom" jsonb NOT NULL DEFAULT '{}'
)`,
  `CREATE TABLE crm."deal_line" (
  "id" uuid PRIMARY KEY,
  "created_at" timestamptz(3) NOT NULL,
  "created_by" uuid,
  "updated_at" timestamptz(3) NOT NULL,
  "updated_by" uuid,
  "owner_id" uuid,
  "version" integer NOT NULL DEFAULT 1,
  "deleted_at" timestamptz(3),
  "external_id" text,
  "deal_id" uuid NOT NULL,
  "product_id" uuid,
  "name" text NOT NULL,
  "quantity" numeric(20,4) NOT NULL,
  "unit_price" numeric(20,4) NOT NULL,
  "unit_price_currency" character(3) NOT NULL,
  "discount_percent" numeric(20,4) NOT NULL,
  "total" numeric(20,4) NOT NULL,
  "total_currency" character(3) NOT NULL,
  "position" integer NOT NULL,
  "custom" jsonb NOT NULL DEFAULT '{}'
)`,
  `CREATE INDEX "lead_created_at_idx" ON crm."lead" ("created_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_updated_at_idx" ON crm."lead" ("updated_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_owner_id_idx" ON crm."lead" ("owner_id", "id")`,
  `CREATE UNIQUE INDEX "lead_external_id_key" ON crm."lead" ("external_id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_first_name_trgm" ON crm."lead" USING gin ("first_name" public.gin_trgm_ops)`,
  `CREATE INDEX "lead_last_name_idx" ON crm."lead" ("last_name", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_last_name_trgm" ON crm."lead" USING gin ("last_name" public.gin_trgm_ops)`,
  `CREATE INDEX "lead_company_idx" ON crm."lead" ("company", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_company_trgm" ON crm."lead" USING gin ("company" public.gin_trgm_ops)`,
  `CREATE INDEX "lead_email_idx" ON crm."lead" ("email", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_email_trgm" ON crm."lead" USING gin ("email" public.gin_trgm_ops)`,
  `CREATE INDEX "lead_source_idx" ON crm."lead" ("source", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_status_idx" ON crm."lead" ("status", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_country_idx" ON crm."lead" ("country", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "lead_converted_account_id_idx" ON crm."lead" ("converted_account_id", "id")`,
  `CREATE INDEX "lead_converted_contact_id_idx" ON crm."lead" ("converted_contact_id", "id")`,
  `CREATE INDEX "lead_converted_deal_id_idx" ON crm."lead" ("converted_deal_id", "id")`,
  `CREATE INDEX "lead_deleted_at_idx" ON crm."lead" ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  `CREATE INDEX "campaign_created_at_idx" ON crm."campaign" ("created_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_updated_at_idx" ON crm."campaign" ("updated_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_owner_id_idx" ON crm."campaign" ("owner_id", "id")`,
  `CREATE UNIQUE INDEX "campaign_external_id_key" ON crm."campaign" ("external_id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_name_idx" ON crm."campaign" ("name", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_name_trgm" ON crm."campaign" USING gin ("name" public.gin_trgm_ops)`,
  `CREATE INDEX "campaign_kind_idx" ON crm."campaign" ("kind", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_status_idx" ON crm."campaign" ("status", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_start_date_idx" ON crm."campaign" ("start_date", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_end_date_idx" ON crm."campaign" ("end_date", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_parent_id_idx" ON crm."campaign" ("parent_id", "id")`,
  `CREATE INDEX "campaign_deleted_at_idx" ON crm."campaign" ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  `CREATE INDEX "campaign_member_created_at_idx" ON crm."campaign_member" ("created_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_member_updated_at_idx" ON crm."campaign_member" ("updated_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_member_owner_id_idx" ON crm."campaign_member" ("owner_id", "id")`,
  `CREATE UNIQUE INDEX "campaign_member_external_id_key" ON crm."campaign_member" ("external_id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_member_campaign_id_idx" ON crm."campaign_member" ("campaign_id", "id")`,
  `CREATE INDEX "campaign_member_lead_id_idx" ON crm."campaign_member" ("lead_id", "id")`,
  `CREATE INDEX "campaign_member_contact_id_idx" ON crm."campaign_member" ("contact_id", "id")`,
  `CREATE INDEX "campaign_member_status_idx" ON crm."campaign_member" ("status", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "campaign_member_deleted_at_idx" ON crm."campaign_member" ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  `CREATE UNIQUE INDEX "campaign_member_campaign_id_lead_id_key" ON crm."campaign_member" ("campaign_id", "lead_id") WHERE "deleted_at" IS NULL`,
  `CREATE UNIQUE INDEX "campaign_member_campaign_id_contact_id_key" ON crm."campaign_member" ("campaign_id", "contact_id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_line_created_at_idx" ON crm."deal_line" ("created_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_line_updated_at_idx" ON crm."deal_line" ("updated_at", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_line_owner_id_idx" ON crm."deal_line" ("owner_id", "id")`,
  `CREATE UNIQUE INDEX "deal_line_external_id_key" ON crm."deal_line" ("external_id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_line_deal_id_idx" ON crm."deal_line" ("deal_id", "id")`,
  `CREATE INDEX "deal_line_product_id_idx" ON crm."deal_line" ("product_id", "id")`,
  `CREATE INDEX "deal_line_name_trgm" ON crm."deal_line" USING gin ("name" public.gin_trgm_ops)`,
  `CREATE INDEX "deal_line_deleted_at_idx" ON crm."deal_line" ("deleted_at", "id") WHERE "deleted_at" IS NOT NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_updated_by_fkey" FOREIGN KEY ("updated_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_converted_account_id_fkey" FOREIGN KEY ("converted_account_id") REFERENCES crm."account" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_converted_contact_id_fkey" FOREIGN KEY ("converted_contact_id") REFERENCES crm."contact" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."lead" ADD CONSTRAINT "lead_converted_deal_id_fkey" FOREIGN KEY ("converted_deal_id") REFERENCES crm."deal" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign" ADD CONSTRAINT "campaign_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign" ADD CONSTRAINT "campaign_updated_by_fkey" FOREIGN KEY ("updated_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign" ADD CONSTRAINT "campaign_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign" ADD CONSTRAINT "campaign_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES crm."campaign" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_updated_by_fkey" FOREIGN KEY ("updated_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES crm."campaign" ("id") ON DELETE CASCADE`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_lead_id_fkey" FOREIGN KEY ("lead_id") REFERENCES crm."lead" ("id") ON DELETE CASCADE`,
  `ALTER TABLE crm."campaign_member" ADD CONSTRAINT "campaign_member_contact_id_fkey" FOREIGN KEY ("contact_id") REFERENCES crm."contact" ("id") ON DELETE CASCADE`,
  `ALTER TABLE crm."deal_line" ADD CONSTRAINT "deal_line_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."deal_line" ADD CONSTRAINT "deal_line_updated_by_fkey" FOREIGN KEY ("updated_by") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."deal_line" ADD CONSTRAINT "deal_line_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES crm."user" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."deal_line" ADD CONSTRAINT "deal_line_deal_id_fkey" FOREIGN KEY ("deal_id") REFERENCES crm."deal" ("id") ON DELETE CASCADE`,
  `ALTER TABLE crm."deal_line" ADD CONSTRAINT "deal_line_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES crm."product" ("id") ON DELETE SET NULL`,
];

const grants = ['lead', 'campaign', 'campaign_member', 'deal_line'].flatMap((table) => [
  `GRANT SELECT, INSERT, UPDATE, DELETE ON crm."${table}" TO holdfast_app, holdfast_replica_apply`,
  `GRANT SELECT ON crm."${table}" TO holdfast_maintainer, holdfast_replica_app`,
]);

const columns = [
  `ALTER TABLE crm."activity" ADD COLUMN "lead_id" uuid`,
  `CREATE INDEX "activity_lead_id_idx" ON crm."activity" ("lead_id", "id")`,
  `ALTER TABLE crm."activity" ADD CONSTRAINT "activity_lead_id_fkey" FOREIGN KEY ("lead_id") REFERENCES crm."lead" ("id") ON DELETE SET NULL`,
  `ALTER TABLE crm."pipeline" ADD COLUMN "archived" boolean DEFAULT false`,
  `ALTER TABLE crm."pipeline" ALTER COLUMN "archived" DROP DEFAULT`,
  `ALTER TABLE crm."deal" ADD COLUMN "stage_since" timestamptz(3), ADD COLUMN "lost_reason" text`,
];

// On a replica the rows are the premises': a changed one would no longer have the checksum that was signed.
const onPremises = 'NOT EXISTS (SELECT 1 FROM replication.replica_state WHERE generation IS NOT NULL)';

const rows = [
  // The audit says exactly when a deal came into its stage; which fields changed is not sealed.
  `UPDATE crm."deal" d SET "stage_since" = (
     SELECT max(l.at) FROM audit.leaf l
     WHERE l.type = 'deal' AND l.record_id = d.id AND l.field_names && ARRAY['stage', 'pipelineId'])
   WHERE ${onPremises}`,
  // Until now two pipelines could claim to be the default one; the first of them was it.
  `UPDATE crm."pipeline" p SET "is_default" = false, "version" = p."version" + 1
   WHERE p."is_default" AND p."deleted_at" IS NULL AND ${onPremises} AND p."id" <> (
     SELECT f."id" FROM crm."pipeline" f WHERE f."is_default" AND f."deleted_at" IS NULL
     ORDER BY f."position", f."id" LIMIT 1)`,
  // Nobody can have decided yet what the built-in role may do with types that did not exist.
  `UPDATE access.role SET updated_at = now(), permissions =
     '{"lead": {"create": "all", "read": "all", "update": "own", "delete": "own"},
       "campaign": {"create": "all", "read": "all", "update": "own", "delete": "own"}}'::jsonb || permissions
   WHERE key = 'sales' AND built_in AND ${onPremises}`,
];

const indexes = [
  `CREATE INDEX "deal_lost_reason_idx" ON crm."deal" ("lost_reason", "id") WHERE "deleted_at" IS NULL`,
  `CREATE INDEX "deal_board_idx" ON crm."deal" ("pipeline_id", "stage", "close_date", "id")
     INCLUDE ("amount", "amount_currency", "probability", "owner_id") WHERE "deleted_at" IS NULL`,
  `CREATE UNIQUE INDEX "pipeline_one_default_idx" ON crm."pipeline" ("is_default")
     WHERE "deleted_at" IS NULL AND "is_default"`,
];

/** Leads, campaigns with their members, lines of deals, and what the board needs of a deal. */
export class CreateLeadsCampaignsLines1764000400000 implements MigrationInterface {
  name = 'CreateLeadsCampaignsLines1764000400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...grants, ...columns, ...rows, ...indexes])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE crm."activity" DROP COLUMN "lead_id"`);
    await runner.query(`ALTER TABLE crm."pipeline" DROP COLUMN "archived"`);
    await runner.query(`ALTER TABLE crm."deal" DROP COLUMN "stage_since", DROP COLUMN "lost_reason"`);
    await runner.query('DROP INDEX crm."deal_board_idx", crm."pipeline_one_default_idx"');
    for (const table of ['deal_line', 'campaign_member', 'campaign', 'lead'])
      await runner.query(`DROP TABLE crm."${table}"`);
  }
}
