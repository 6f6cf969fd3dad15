import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { changesSinceSql } from '../../../src/replication/changelog/index.js';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

describe('the change log', () => {
  let db: PolicyDatabase;
  let app: pg.Client;
  let before: string;

  const snapshot = async () => {
    const [row] = await db.sql('SELECT pg_current_snapshot()::text AS s');
    return String(row?.s);
  };
  /** what the connector would read since the test began: `account <id>` */
  const changed = async () => {
    const { rows } = await db.connector.query<{ type: string; id: string | null }>(
      `SELECT DISTINCT type, id FROM (${changesSinceSql(before)}) c`,
    );
    return rows.map(({ type, id }) => `${type} ${String(id)}`).sort();
  };
  const insert = `INSERT INTO crm.account (id, created_at, updated_at, name, kind) VALUES ($1, now(), now(), $2, 'customer')`;

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await db.activate('types: { account: , contact: { follows: account }, deal: { follows: account } }');
    app = new pg.Client({ connectionString: db.database.urls.app });
    app.on('error', () => undefined); // `drop` ends idle connections from the server's side
    await app.connect();
  });
  beforeEach(async () => {
    before = await snapshot();
  });
  afterAll(async () => {
    await app.end();
    await db.close();
  });

  it('has the keys of inserted, updated and deleted rows', async () => {
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [a, b, c]) await db.insert('crm.account', { id, name: 'x', kind: 'customer' });
    before = await snapshot();
    const d = randomUUID();
    await app.query(insert, [d, 'new']);
    await app.query('UPDATE crm.account SET name = $2 WHERE id = $1', [a, 'y']);
    await app.query('DELETE FROM crm.account WHERE id = $1', [b]);
    expect(await changed()).toEqual([a, b, d].map((id) => `account ${id}`).sort());
  });

  it('has the old key and the new one when a key changes', async () => {
    const [old, next] = [randomUUID(), randomUUID()];
    await app.query(insert, [old, 'x']);
    before = await snapshot();
    await app.query('UPDATE crm.account SET id = $2 WHERE id = $1', [old, next]);
    expect(await changed()).toEqual([old, next].map((id) => `account ${id}`).sort());
  });

  // What a million rows are to the memory that a server gives a statement, thirty thousand are to 64 kB. Compared each with
  // each they would take minutes.
  it.each([
    ['for as many', 0],
    ['for one', 7],
  ])('has the keys of more rows than memory holds, where the plan was made %s', async (_, earlier) => {
    const [one, name] = [randomUUID(), randomUUID()];
    await app.query(insert, [one, 'one']);
    await app.query(
      `INSERT INTO crm.account (id, created_at, updated_at, name, kind)
       SELECT gen_random_uuid(), now(), now(), $1, 'customer' FROM generate_series(1, 30000)`,
      [name],
    );
    before = await snapshot();
    const session = new pg.Client({ connectionString: db.database.urls.app });
    await session.connect();
    try {
      await session.query(
        `SET work_mem = '64kB'; SET hash_mem_multiplier = 1; SET statement_timeout = '30s'`,
      );
      const update = 'UPDATE crm.account SET version = version + 1 WHERE';
      for (let time = 0; time < earlier; time += 1) await session.query(`${update} id = $1`, [one]);
      await session.query(`${update} name = $1`, [name]);
    } finally {
      await session.end();
    }
    expect(await changed()).toHaveLength(earlier === 0 ? 30_000 : 30_001);
    await app.query('DELETE FROM crm.account WHERE name = $1', [name]);
  });

  it('has both sides of an upsert', async () => {
    const [old, fresh] = [randomUUID(), randomUUID()];
    await app.query(insert, [old, 'x']);
    before = await snapshot();
    await app.query(
      `INSERT INTO crm.account (id, created_at, updated_at, name, kind)
       VALUES ($1, now(), now(), 'up', 'customer'), ($2, now(), now(), 'new', 'customer')
       ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
      [old, fresh],
    );
    expect(await changed()).toEqual([old, fresh].map((id) => `account ${id}`).sort());
  });

  it('has the rows of a COPY', async () => {
    const ids = [randomUUID(), randomUUID()];
    const lines = ids.map((id) => `${id}\t2026-01-01\t2026-01-01\tcopied\tcustomer\n`);
    await pipeline(
      Readable.from(lines),
      app.query(copyFrom('COPY crm.account (id, created_at, updated_at, name, kind) FROM STDIN')),
    );
    expect(await changed()).toEqual(ids.map((id) => `account ${id}`).sort());
  });

  it('has the rows that a foreign key changes when their parent is deleted', async () => {
    const account = await db.insert('crm.account', { name: 'x', kind: 'customer' });
    const contact = await db.insert('crm.contact', { last_name: 'x', account_id: account });
    before = await snapshot();
    await app.query('DELETE FROM crm.account WHERE id = $1', [account]);
    expect(await changed()).toEqual([`account ${account}`, `contact ${contact}`]);
  });

  it('forgets what a savepoint took back and keeps the rest', async () => {
    const [kept, gone] = [randomUUID(), randomUUID()];
    await app.query('BEGIN');
    await app.query('SAVEPOINT one');
    await app.query(insert, [gone, 'x']);
    await app.query('ROLLBACK TO one');
    await app.query('SAVEPOINT two');
    await app.query(insert, [kept, 'x']);
    await app.query('RELEASE two');
    await app.query('COMMIT');
    expect(await changed()).toEqual([`account ${kept}`]);
  });

  it('shows a two-phase commit once it is committed, however late', async () => {
    const id = randomUUID();
    const gid = `t-${id}`;
    await app.query('BEGIN');
    await app.query(insert, [id, 'x']);
    await app.query(`PREPARE TRANSACTION '${gid}'`);
    expect(await changed()).toEqual([]);
    // a snapshot taken meanwhile knows the transaction as open
    before = await snapshot();
    await db.insert('crm.product', { name: 'not captured', active: true });
    await app.query(`COMMIT PREPARED '${gid}'`);
    expect(await changed()).toEqual([`account ${id}`]);
  });

  it('asks for a comparison after a TRUNCATE', async () => {
    await db.sql('TRUNCATE crm.deal CASCADE');
    expect(await changed()).toContain('*truncate null');
  });

  it('cannot be got round with session_replication_role', async () => {
    const id = randomUUID();
    const superuser = await db.database.admin.connect();
    try {
      await superuser.query('BEGIN');
      await superuser.query('SET LOCAL session_replication_role = replica');
      await superuser.query(insert, [id, 'x']);
      await superuser.query('COMMIT');
    } finally {
      superuser.release();
    }
    expect(await changed()).toEqual([`account ${id}`]);
  });

  it('cannot be read, written or emptied by the server', async () => {
    for (const statement of [
      'SELECT 1 FROM replication.change',
      `INSERT INTO replication.change VALUES ('1', 'account', NULL)`,
      'DELETE FROM replication.change',
      'TRUNCATE replication.change',
      'ALTER TABLE crm.account DISABLE TRIGGER ALL',
      'SELECT replication.sync_capture()',
    ])
      await expect(app.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('keeps the newest entry of each key when it is coalesced', async () => {
    const id = randomUUID();
    await app.query(insert, [id, '0']);
    before = await snapshot();
    for (let i = 0; i < 5; i++)
      await app.query('UPDATE crm.account SET name = $2 WHERE id = $1', [id, String(i)]);
    const count = () => db.sql('SELECT count(*)::int AS n FROM replication.change WHERE id = $1', [id]);
    expect(await count()).toEqual([{ n: 6 }]);
    await db.connector.query('SELECT replication.coalesce_changes($1)', [before]);
    expect(await count()).toEqual([{ n: 2 }]);
    expect(await changed()).toEqual([`account ${id}`]);
  });
});

describe('the fingerprint of the catalogue', () => {
  let db: PolicyDatabase;
  const fingerprints = async () => {
    const { rows } = await db.connector.query<{ type: string; fingerprint: string }>(
      'SELECT * FROM cloud.catalog_fingerprint()',
    );
    return new Map(rows.map((row) => [row.type, row.fingerprint]));
  };
  /** types whose fingerprint differs after the statements */
  const differing = async (...statements: string[]) => {
    const earlier = await fingerprints();
    for (const statement of statements) await db.sql(statement);
    const later = await fingerprints();
    return [...later.keys()].filter((type) => later.get(type) !== earlier.get(type)).sort();
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await db.activate('types: { account: , deal: { follows: account }, product: }');
  });
  afterAll(() => db.close());

  it('stays the same while only rows change', async () => {
    expect(
      await differing(
        `INSERT INTO crm.account (id, created_at, updated_at, name, kind)
         SELECT gen_random_uuid(), now(), now(), 'x', 'customer' FROM generate_series(1, 100)`,
        'ANALYZE crm.account',
      ),
    ).toEqual([]);
  });

  it('differs for every view that reads a table whose trigger was off, even if it is on again', async () => {
    const [off, on] = ['DISABLE', 'ENABLE ALWAYS'].map(
      (state) => `ALTER TABLE crm.account ${state} TRIGGER holdfast_capture_update`,
    );
    expect(await differing(String(off))).toEqual(['account', 'deal']);
    expect(await differing(String(on))).toEqual(['account', 'deal']);
    expect(await differing(String(off), String(on))).toEqual(['account', 'deal']);
  });

  it('differs after a rewrite, a new column and a new child table, wherever a view reads the table', async () => {
    for (const statement of [
      'VACUUM FULL crm.product',
      'ALTER TABLE crm.product ADD COLUMN extra integer',
      'CREATE TABLE crm.product_child () INHERITS (crm.product)',
    ])
      expect(await differing(statement)).toEqual(['deal', 'product']);
  });
});
