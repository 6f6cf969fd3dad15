import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  bootstrapRoles,
  databaseRoleNames,
  migrate,
  relaxConstraints,
  withClient,
  type MigrationStep,
} from '../../../src/platform/database/index.js';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  createReplicaDatabase,
  rolePasswords,
  type TestDatabase,
} from '../../support/index.js';

const databases: TestDatabase[] = [];
const keep = (database: TestDatabase) => {
  databases.push(database);
  return database;
};
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

describe('database roles', () => {
  it('are the same after a second bootstrap, and none has more rights than to log in', async () => {
    const database = keep(await createEmptyDatabase());
    await bootstrapRoles(database.urls.admin, rolePasswords());
    const { rows } = await database.admin.query<{ rolname: string; rights: string }>(
      `SELECT rolname, concat_ws(',', rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication,
              rolbypassrls) AS rights
         FROM pg_roles WHERE rolname LIKE 'holdfast%' ORDER BY 1`,
    );
    expect(rows.map(({ rolname }) => rolname)).toEqual([...databaseRoleNames].sort());
    expect(new Set(rows.map(({ rights }) => rights))).toEqual(new Set(['t,f,f,f,f,f']));
    await expect(logIn(database.urls.owner)).resolves.toBe('holdfast_owner');
  });

  it('are refused with a wrong password', async () => {
    const database = keep(await createEmptyDatabase());
    const url = new URL(database.urls.owner);
    url.password = 'wrong';
    await expect(logIn(url.href)).rejects.toThrow('password authentication failed');
  });

  it('may connect only to databases of their kind', async () => {
    const primary = keep(await createPrimaryDatabase());
    const replica = keep(await createReplicaDatabase());
    await expect(logIn(primary.urls.connector)).resolves.toBe('holdfast_connector');
    await expect(logIn(replica.urls.replicaApp)).resolves.toBe('holdfast_replica_app');
    for (const url of [replica.urls.app, replica.urls.connector, primary.urls.replicaApp, primary.urls.queue])
      await expect(logIn(url)).rejects.toThrow('permission denied for database');
  });

  it('leave PUBLIC without any right on schemas, and the connector outside of all but cloud and replication', async () => {
    const { admin } = keep(await createPrimaryDatabase());
    const { rows } = await admin.query<{ nspname: string; connector: boolean; open: boolean }>(
      `SELECT nspname, has_schema_privilege('holdfast_connector', oid, 'USAGE') AS connector,
              EXISTS (SELECT FROM aclexplode(nspacl) WHERE grantee = 0) AS open
         FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`,
    );
    expect(rows.filter((row) => row.open)).toEqual([]);
    expect(rows.filter((row) => row.connector).map((row) => row.nspname)).toEqual(['cloud', 'replication']);
  });
});

describe('migrations', () => {
  it('report each step once and find nothing to do the second time', async () => {
    const database = keep(await createEmptyDatabase());
    const first: MigrationStep[] = [];
    const second: MigrationStep[] = [];
    await migrate(database.urls.owner, 'primary', (step) => first.push(step));
    await migrate(database.urls.owner, 'primary', (step) => second.push(step));
    expect(first[0]?.name).toBe('CreateSchemas1763800000000');
    expect(first.map(({ step }) => step)).toEqual(first.map((_, index) => index + 1));
    expect(second).toEqual([]);
  });

  it('run once when two migrators start together: the second waits', async () => {
    const database = keep(await createEmptyDatabase());
    const steps: string[] = [];
    const run = () => migrate(database.urls.owner, 'replica', ({ name }) => steps.push(name));
    await Promise.all([run(), run(), run()]);
    expect(new Set(steps).size).toBe(steps.length);
    const { rows } = await database.admin.query<{ name: string }>(
      'SELECT name FROM platform.schema_migration',
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(steps.filter((name) => name !== 'relax').sort());
  });
});

describe('relaxing a replica', () => {
  it('drops what a partial copy cannot keep, keeps ids and indexes, and is done after one run', async () => {
    const database = keep(await createReplicaDatabase());
    await withClient(database.urls.owner, 'test', async (client) => {
      await client.query(strictTables);
      const done = await relaxConstraints(client);
      expect(done.length).toBeGreaterThan(0);
      await client.query(`INSERT INTO crm.strict_child (id) VALUES (1), (2)`);
      await client.query(
        `INSERT INTO crm.strict_child (id, code, parent_id) VALUES (3, 'x', 9), (4, 'x', 9)`,
      );
      await expect(client.query('INSERT INTO crm.strict_child (id) VALUES (1)')).rejects.toThrow('duplicate');
      const { rows } = await client.query<{ name: string; unique: boolean }>(
        `SELECT indexrelid::regclass::text AS name, indisunique AS unique FROM pg_index
          WHERE indrelid = 'crm.strict_child'::regclass ORDER BY 1`,
      );
      expect(rows).toEqual([
        { name: 'crm.strict_child_code_key', unique: false },
        { name: 'crm.strict_child_expression', unique: false },
        { name: 'crm.strict_child_pkey', unique: true },
        { name: 'crm.strict_child_plain', unique: false },
      ]);
      await client.query('INSERT INTO platform.strict_guest VALUES (99)');
      await expect(relaxConstraints(client)).resolves.toEqual([]);
    });
  });

  it('leaves no constraint but primary keys in the tables of this program', async () => {
    const { admin } = keep(await createReplicaDatabase());
    const { rows } = await admin.query(
      `SELECT conrelid::regclass::text AS table, conname FROM pg_constraint
        WHERE connamespace IN ('crm'::regnamespace, 'access'::regnamespace) AND contype IN ('f', 'u', 'c')`,
    );
    expect(rows).toEqual([]);
  });

  it('is not done to a primary', async () => {
    const database = keep(await createEmptyDatabase());
    await migrate(database.urls.owner, 'primary');
    await withClient(database.urls.owner, 'test', async (client) => {
      await client.query(strictTables);
      await migrate(database.urls.owner, 'primary');
      await expect(client.query('INSERT INTO crm.strict_child (id) VALUES (1)')).rejects.toThrow(
        'null value',
      );
    });
  });
});

const strictTables = `
  CREATE TABLE crm.strict_parent (id int PRIMARY KEY, a int NOT NULL, UNIQUE (a));
  CREATE TABLE crm.strict_child (
    id int PRIMARY KEY, code text NOT NULL UNIQUE CHECK (code <> ''),
    parent_id int NOT NULL REFERENCES crm.strict_parent (id));
  CREATE UNIQUE INDEX strict_child_expression ON crm.strict_child (lower(code)) WHERE code IS NOT NULL;
  CREATE INDEX strict_child_plain ON crm.strict_child (parent_id);
  CREATE TABLE platform.strict_guest (parent_id int NOT NULL REFERENCES crm.strict_parent (id))`;

async function logIn(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>('SELECT current_user AS name');
    return rows[0]?.name ?? '';
  } finally {
    await client.end();
  }
}
