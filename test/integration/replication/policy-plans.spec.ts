import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

interface Plan {
  'Node Type': string;
  /** `t` is the table that the view is about */
  Alias?: string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}

/** The key of the pseudonyms, kept in memory: to look at it again costs nothing. */
const isOneRow = (node: Plan): boolean =>
  node['Node Type'] === 'Materialize' &&
  (node.Plans ?? []).every((plan) => plan['Relation Name'] === 'pseudonym_key' && plan['Actual Loops'] === 1);

const accounts = 10_000;
const rows = 100_000;

describe('reading the policy views at 100,000 rows', () => {
  let db: PolicyDatabase;
  beforeAll(async () => {
    db = await openPolicyDatabase();
    const demo = await readFile('config/demo-policy.yaml', 'utf8');
    await db.activate(demo.replace(/^version: 1$/m, '').replace(/ {4}custom:\n( {6}.*\n)+/, ''));
    // Indexes for search and foreign keys would take most of the time that loading needs, and no view uses them.
    const indexes = await db.sql(
      `SELECT indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       WHERE c.relnamespace = 'crm'::regnamespace AND NOT i.indisprimary AND c.relname !~ '(account|contact|deal|case)_id_idx$'`,
    );
    for (const { name } of indexes) await db.sql(`DROP INDEX ${String(name)}`);
    const pipeline = await db.insert('crm.pipeline', { name: 'p', key: 'p', position: 0, is_default: true });
    const account = `('00000000-0000-7000-8000-' || lpad((i % ${String(accounts)})::text, 12, '0'))::uuid`;
    const contact = `('00000000-0000-7001-8000-' || lpad((i % ${String(accounts)})::text, 12, '0'))::uuid`;
    await load(`INSERT INTO crm.account (id, created_at, updated_at, name, kind, sector)
      SELECT ${account}, now(), now(), 'a' || i, 'customer', CASE i % 4 WHEN 0 THEN 'medical' WHEN 1 THEN 'retail' END
      FROM generate_series(0, ${String(accounts - 1)}) i`);
    await load(`INSERT INTO crm.contact (id, created_at, updated_at, last_name, account_id)
      SELECT ${contact}, now(), now(), 'c' || i, ${account} FROM generate_series(0, ${String(accounts - 1)}) i`);
    await load(
      `INSERT INTO crm.deal (id, created_at, updated_at, name, pipeline_id, stage, status, account_id, contact_id)
       SELECT gen_random_uuid(), now(), now(), 'd' || i, '${pipeline}', 's', 'open', ${account}, ${contact}
       FROM generate_series(1, ${String(rows)}) i`,
    );
    await load(`INSERT INTO crm.activity (id, created_at, updated_at, kind, subject, done, account_id, contact_id)
      SELECT gen_random_uuid(), now(), now(), 'note', 'n', false, ${account}, CASE WHEN i % 2 = 0 THEN ${contact} END
      FROM generate_series(1, ${String(rows)}) i`);
    const lead = `('00000000-0000-7002-8000-' || lpad(i::text, 12, '0'))::uuid`;
    await load(`INSERT INTO crm.lead (id, created_at, updated_at, last_name, status)
      SELECT ${lead}, now(), now(), 'l' || i, 'new' FROM generate_series(1, ${String(accounts)}) i`);
    const campaign = `('00000000-0000-7003-8000-' || lpad((i % 100)::text, 12, '0'))::uuid`;
    await load(`INSERT INTO crm.campaign (id, created_at, updated_at, name, kind, status)
      SELECT ${campaign}, now(), now(), 'p' || i, 'email', 'active' FROM generate_series(0, 99) i`);
    await load(`INSERT INTO crm.campaign_member (id, created_at, updated_at, campaign_id, lead_id, status)
      SELECT gen_random_uuid(), now(), now(), ${campaign}, ${lead}, 'sent'
      FROM generate_series(1, ${String(accounts)}) i`);
    await db.sql('ANALYZE');
  }, 180_000);
  afterAll(() => db.close());

  const load = (statement: string) =>
    db.sql(`BEGIN; SET LOCAL session_replication_role = replica; ${statement}; COMMIT`);

  const explain = async (statement: string) => {
    const { rows: answer } = await db.connector.query<{
      'QUERY PLAN': [{ Plan: Plan; 'Execution Time': number }];
    }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`);
    const [explained] = answer[0]?.['QUERY PLAN'] ?? [];
    if (!explained) throw new TypeError('no plan');
    const nodes: Plan[] = [];
    const visit = (plan: Plan) => {
      nodes.push(plan);
      plan.Plans?.forEach(visit);
    };
    visit(explained.Plan);
    return { nodes, ms: explained['Execution Time'] };
  };

  it.each(['deal', 'activity', 'contact', 'account'])(
    'finds a few rows of %s by key through the index',
    async (type) => {
      const picked = await db.sql(
        `SELECT array_agg(id)::text AS ids FROM (SELECT id FROM crm.${type} LIMIT 200) x`,
      );
      const plan = await explain(
        `SELECT row_to_json(v)::text FROM cloud.${type} v WHERE id = ANY ('${String(picked[0]?.ids)}'::uuid[])`,
      );
      expect(plan.nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node.Alias === 't')).toEqual([]);
      expect(plan.ms).toBeLessThan(2000);
    },
  );

  it.each(['deal', 'activity', 'contact', 'account'])(
    'reads all of %s with hashes, not row by row',
    async (type) => {
      const plan = await explain(`SELECT row_to_json(v)::text FROM cloud.${type} v`);
      const probed = plan.nodes.filter((node) => node['Actual Loops'] > 1000 && !isOneRow(node));
      expect(probed).toEqual([]);
    },
  );

  it('finds what hangs on thousands of accounts in seconds', async () => {
    const picked = await db.sql(
      'SELECT array_agg(id)::text AS ids FROM (SELECT id FROM crm.account LIMIT 5000) x',
    );
    const plan = await explain(`SELECT * FROM cloud.dependents_account('${String(picked[0]?.ids)}'::uuid[])`);
    expect(plan.nodes[0]?.['Actual Rows']).toBeGreaterThan(10_000);
    expect(plan.ms).toBeLessThan(20_000);
  });
});
