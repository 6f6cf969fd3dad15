import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const denied = { code: '42501' };

/** The tables of replication that the connector is meant to read. */
const ownReading = ['change', 'view_catalog', 'active_policy'];

describe('the connector’s database role', () => {
  let db: PolicyDatabase;
  beforeAll(async () => {
    db = await openPolicyDatabase();
    const demo = await readFile('config/demo-policy.yaml', 'utf8');
    await db.activate(demo.replace(/^version: 1$/m, '').replace(/ {4}custom:\n( {6}.*\n)+/, ''));
  });
  afterAll(() => db.close());

  it('is refused every table outside its own, one by one', async () => {
    const tables = await db.sql(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname IN ('crm', 'access', 'audit', 'platform') ORDER BY 1`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables)
      for (const statement of [
        `SELECT 1 FROM ${String(name)} LIMIT 1`,
        `DELETE FROM ${String(name)}`,
        `TRUNCATE ${String(name)}`,
      ])
        await expect(db.connector.query(statement)).rejects.toMatchObject(denied);
  });

  it('is refused each column of each table, one by one, and each omitted one is in no view', async () => {
    const columns = await db.sql(
      `SELECT c.oid::regclass::text AS relation, c.relname AS relname, quote_ident(a.attname) AS name, a.attname
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace IN ('crm'::regnamespace, 'access'::regnamespace) AND c.relkind = 'r'
         AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
    );
    expect(columns.length).toBeGreaterThan(100);
    for (const { relation, name } of columns)
      await expect(
        db.connector.query(`SELECT ${String(name)} FROM ${String(relation)} LIMIT 1`),
      ).rejects.toMatchObject(denied);
    for (const [type, omitted] of Object.entries({
      account: ['revenue', 'revenue_currency', 'employees', 'deleted_at'],
      case: ['description', 'deleted_at'],
      user: ['email', 'manager', 'office', 'external_id'],
    }))
      for (const column of omitted) {
        expect(columns.some((c) => c.relname === type && c.attname === column)).toBe(true);
        await expect(db.connector.query(`SELECT v.${column} FROM cloud."${type}" v`)).rejects.toMatchObject({
          code: '42703',
        });
      }
  });

  it('may read every view and write none', async () => {
    const { rows } = await db.connector.query<{ type: string }>('SELECT type FROM replication.view_catalog');
    expect(rows.length).toBeGreaterThan(10);
    for (const { type } of rows) {
      await db.connector.query(`SELECT * FROM cloud."${type}" LIMIT 1`);
      const [right] = await db.sql(
        `SELECT has_table_privilege('holdfast_connector', $1, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') AS has`,
        [`cloud."${type}"`],
      );
      expect(right).toEqual({ has: false });
    }
  });

  it('may read the change log and not change it, nor the policy, its rules or its sources', async () => {
    for (const name of ownReading) {
      await db.connector.query(`SELECT 1 FROM replication.${name} LIMIT 1`);
      await expect(db.connector.query(`DELETE FROM replication.${name}`)).rejects.toMatchObject(denied);
    }
    for (const name of ['policy', 'capture_rule', 'view_source'])
      await expect(db.connector.query(`SELECT 1 FROM replication.${name}`)).rejects.toMatchObject(denied);
    await expect(db.connector.query('SELECT replication.sync_capture()')).rejects.toMatchObject(denied);
    await expect(db.connector.query('CREATE VIEW cloud.mine AS SELECT 1')).rejects.toMatchObject(denied);
  });

  it('learns nothing of hidden rows from a function that it pushes into a view', async () => {
    const secret = await db.insert('crm.account', {
      name: 'Clinic Secret',
      kind: 'customer',
      sector: 'medical',
    });
    await db.insert('crm.account', { name: 'Shop', kind: 'customer' });
    const client = await db.connector.connect();
    const notices: string[] = [];
    client.on('notice', (notice) => notices.push(String(notice.message)));
    try {
      await client.query(`CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
        AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$`);
      await client.query('SELECT name FROM cloud.account WHERE pg_temp.peek(name)');
    } finally {
      client.release();
    }
    expect(notices).toContain('Shop');
    expect(notices).not.toContain('Clinic Secret');
    expect(secret).toBeDefined();
  });

  it('is the only role that may read the views', async () => {
    await expect(db.app.query('SELECT 1 FROM cloud.account')).rejects.toMatchObject(denied);
  });
});
