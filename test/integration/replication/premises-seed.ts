import type { Stage } from './premises.js';

const nasty = `O'Brien "x" \\ {[, \u0001\n\t ünï 🏦 \u2028 \\.`;

/** Accounts with text of every kind, and deals that hang on one of them. */
export async function seed(stage: Stage, deals: number): Promise<void> {
  const sql = (text: string, values: unknown[] = []) => stage.primary.admin.query(text, values);
  await sql(`INSERT INTO crm."user" (id, created_at, updated_at, name, email, active)
    VALUES (gen_random_uuid(), now(), now(), 'Ada', 'ada@example.org', true)`);
  await sql(
    `INSERT INTO crm.account (id, created_at, updated_at, name, kind, sector, revenue, revenue_currency, custom)
     SELECT gen_random_uuid(), now(), now(), $1 || i, 'customer', CASE WHEN i % 5 = 0 THEN 'medical' END, 12.5, 'EUR',
       jsonb_build_object('text', $1, 'number', 1.50, 'list', '[1,2]'::jsonb) FROM generate_series(1, 20) i`,
    [nasty],
  );
  await sql(`INSERT INTO crm.pipeline (id, created_at, updated_at, name, key, is_default, position)
    VALUES (gen_random_uuid(), now(), now(), 'P', 'p', false, 1)`);
  await sql(
    `INSERT INTO crm.deal (id, created_at, updated_at, name, pipeline_id, stage, status, amount, amount_currency, close_date, account_id)
     SELECT gen_random_uuid(), now(), now(), 'Deal ' || i, (SELECT id FROM crm.pipeline LIMIT 1), 'won', 'won', i + 0.25, 'USD',
       date '2026-01-01' + i, (SELECT id FROM crm.account ORDER BY id LIMIT 1) FROM generate_series(1, $1::int) i`,
    [deals],
  );
}
