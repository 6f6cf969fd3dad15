// What each database role may do, taken from the catalogue rather than from a list: a table, column or function that
// somebody adds tomorrow is tried too.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createReplicaDatabase, type TestDatabase } from '../../support/index.js';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const denied = '42501';
const writes = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] as const;

/** The code with which a statement is refused; null where it runs. Whatever it does is rolled back. */
async function refusal(pool: pg.Pool, statement: string): Promise<string | null> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(statement);
    return null;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** Those of the statements that are not refused for want of a right. */
async function permitted(pool: pg.Pool, statements: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const statement of statements) {
    const code = await refusal(pool, statement);
    if (code !== denied) found.push(`${statement}: ${code ?? 'ran'}`);
  }
  return found;
}

async function names(admin: pg.Pool, sql: string): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
}

const baseSchemas = `('crm', 'access', 'audit', 'platform')`;
const allRelations = (schemas: string) =>
  `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname IN ${schemas} ORDER BY 1`;
const allColumns = (schemas: string) =>
  `SELECT format('SELECT %I FROM %I.%I LIMIT 1', a.attname, n.nspname, c.relname) AS name
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname IN ${schemas} AND NOT a.attisdropped
     AND (a.attnum > 0 OR a.attname = 'ctid') ORDER BY 1`;
const ourFunctions = (role: string) =>
  `SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prorettype <> 'trigger'::regtype
     AND has_schema_privilege('${role}', n.oid, 'USAGE') AND has_function_privilege('${role}', p.oid, 'EXECUTE')
   ORDER BY 1`;

/** What no role of a running program may do, whatever it is for. */
const outOfBounds = [
  'CREATE TABLE public.mine (id int)',
  'CREATE TABLE cloud.mine (id int)',
  'CREATE SCHEMA mine',
  'CREATE ROLE mine',
  'CREATE EXTENSION dblink SCHEMA pg_catalog',
  'CREATE EXTENSION file_fdw SCHEMA pg_catalog',
  'CREATE LANGUAGE plperlu',
  'ALTER TABLE crm.account ADD mine int',
  'ALTER TABLE crm.account DISABLE TRIGGER ALL',
  'DROP TABLE crm.account',
  'CREATE TRIGGER mine AFTER INSERT ON crm.account EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  'ALTER TABLE crm.account OWNER TO CURRENT_USER',
  'ALTER DEFAULT PRIVILEGES FOR ROLE holdfast_owner GRANT SELECT ON TABLES TO PUBLIC',
  `SELECT set_config('log_statement', 'none', false)`,
  'SET session_replication_role = replica',
  'SET ROLE holdfast_owner',
  'SET ROLE holdfast_maintainer',
  'SET SESSION AUTHORIZATION holdfast_owner',
  'REASSIGN OWNED BY holdfast_owner TO CURRENT_USER',
  'SELECT rolpassword FROM pg_authid',
  'SELECT * FROM pg_shadow',
  'SELECT * FROM pg_statistic',
  'SELECT * FROM pg_statistic_ext_data',
  'SELECT * FROM pg_user_mapping',
  `SELECT pg_read_file('postgresql.conf')`,
  `SELECT pg_ls_dir('.')`,
  `SELECT lo_import('/etc/passwd')`,
  `SELECT lo_export(1, '/tmp/x')`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
  `COPY (SELECT 1) TO '/tmp/holdfast-x'`,
  `CREATE TEMPORARY TABLE t (x text); COPY t FROM '/etc/passwd'`,
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' LIMIT 1`,
  'SELECT pg_switch_wal()',
  `SELECT pg_create_logical_replication_slot('mine', 'pgoutput')`,
];

describe('on premises', () => {
  let db: PolicyDatabase;
  let app: pg.Pool;
  let admin: pg.Pool;

  beforeAll(async () => {
    db = await openPolicyDatabase();
    admin = db.database.admin;
    app = new pg.Pool({ connectionString: db.database.urls.app, max: 2 });
    app.on('error', () => undefined); // `drop` ends idle connections from the server's side
    const demo = await readFile('config/demo-policy.yaml', 'utf8');
    await db.activate(demo.replace(/^version: 1$/m, '').replace(/ {4}custom:\n( {6}.*\n)+/, ''));
    for (let i = 0; i < 20; i += 1)
      await db.insert('crm.account', { name: `Account ${String(i)}`, kind: 'customer', sector: 'medical' });
    await admin.query('ANALYZE');
  });
  afterAll(async () => {
    await app.end();
    await db.close();
  });

  describe('the connector', () => {
    it('may read no table outside its own, nor write, lock or number one', async () => {
      const tables = await names(admin, allRelations(baseSchemas));
      expect(tables.length).toBeGreaterThan(40);
      const statements = tables.flatMap((table) => [
        `SELECT 1 FROM ${table} LIMIT 1`,
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} DEFAULT VALUES`,
        `LOCK TABLE ${table} IN ACCESS SHARE MODE`,
        `COPY ${table} TO STDOUT`,
      ]);
      expect(await permitted(db.connector, statements)).toEqual([]);
    });

    it('may read no column of them, one by one', async () => {
      const columns = await names(admin, allColumns(baseSchemas));
      expect(columns.length).toBeGreaterThan(300);
      expect(await permitted(db.connector, columns)).toEqual([]);
    });

    it('finds in the views no column that the policy leaves out, and all that it includes', async () => {
      const { rows } = await admin.query<{ type: string; column: string; included: boolean }>(
        `SELECT v.type, a.attname AS column,
           EXISTS (SELECT 1 FROM jsonb_array_elements(v.columns) c WHERE c ->> 'name' = a.attname) AS included
         FROM replication.view_catalog v JOIN pg_attribute a ON a.attrelid = v.table_name::regclass
         WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
      );
      const omitted = rows.filter(({ included }) => !included);
      expect(omitted.map(({ type, column }) => `${type}.${column}`)).toEqual(
        expect.arrayContaining(['account.revenue', 'account.employees', 'user.email', 'case.description']),
      );
      for (const { type, column, included } of rows) {
        const code = await refusal(db.connector, `SELECT v."${column}" FROM cloud."${type}" v LIMIT 1`);
        expect([type, column, code]).toEqual([type, column, included ? null : '42703']);
      }
    });

    it('may execute these functions of ours and no other', async () => {
      const functions = await names(admin, ourFunctions('holdfast_connector'));
      const own = functions.filter((name) => !name.startsWith('cloud.dependents_'));
      expect(own).toEqual([
        'cloud.catalog_fingerprint()',
        'replication.attachments_of_blobs(ids uuid[])',
        'replication.coalesce_changes(since pg_snapshot)',
        'replication.prune_changes(max_rows integer)',
        'replication.refresh_statistics()',
      ]);
      expect(functions.length).toBeGreaterThan(own.length);
    });

    it('learns from the functions that find dependents no id that is not selected', async () => {
      const account = await db.insert('crm.account', { name: 'Clinic', kind: 'customer', sector: 'medical' });
      await db.insert('crm.contact', { last_name: 'Hidden', account_id: account });
      const functions = await names(admin, ourFunctions('holdfast_connector'));
      for (const name of functions.filter((one) => one.startsWith('cloud.dependents_'))) {
        const call = name.replace(/\(.*\)$/, '($1::uuid[])');
        expect((await db.connector.query(`SELECT * FROM ${call}`, [[account]])).rows).toEqual([]);
      }
    });

    it('may create, change, become, copy and look into nothing', async () => {
      expect(await permitted(db.connector, outOfBounds)).toEqual([]);
    });

    it('sees no statistics of what it may not read', async () => {
      const seen = (sql: string) => db.connector.query(sql).then(({ rows }) => rows as object[]);
      expect((await admin.query(`SELECT 1 FROM pg_stats WHERE schemaname = 'crm'`)).rowCount).toBeGreaterThan(
        3,
      );
      expect(
        await seen(`SELECT tablename, attname FROM pg_stats WHERE schemaname IN ${baseSchemas}`),
      ).toEqual([]);
      expect(await seen(`SELECT * FROM pg_stats_ext UNION ALL SELECT * FROM pg_stats_ext`)).toEqual([]);
      // Others' statements hold values.
      const others = await seen(
        `SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query NOT LIKE '<insufficient privilege>'
         AND query <> ''`,
      );
      expect(others).toEqual([]);
    });

    it('is a member of no role, owns nothing and can pass nothing on', async () => {
      for (const role of ['holdfast_connector', 'holdfast_app']) {
        const { rows } = await admin.query(
          `SELECT 'member' AS what FROM pg_auth_members WHERE member = $1::regrole
           UNION ALL SELECT 'owner' FROM pg_class WHERE relowner = $1::regrole
           UNION ALL SELECT 'owner' FROM pg_proc WHERE proowner = $1::regrole
           UNION ALL SELECT 'owner' FROM pg_namespace WHERE nspowner = $1::regrole
           UNION ALL SELECT 'grantor' FROM pg_class, aclexplode(relacl) a WHERE a.grantee = $1::regrole AND a.is_grantable`,
          [role],
        );
        expect(rows).toEqual([]);
      }
    });
  });

  describe('the server', () => {
    it('may add to the audit and read it, and change or remove nothing of it', async () => {
      const tables = await names(admin, allRelations(`('audit')`));
      const rights = async (table: string) => {
        const held: string[] = [];
        for (const right of ['SELECT', ...writes]) {
          const { rows } = await admin.query<{ has: boolean }>(
            `SELECT has_table_privilege('holdfast_app', $1, $2) OR
               (CASE WHEN $2 IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                THEN has_any_column_privilege('holdfast_app', $1, $2) ELSE false END) AS has`,
            [table, right],
          );
          if (rows[0]?.has) held.push(right);
        }
        return held;
      };
      for (const table of tables) {
        const isAddedTo = ['leaf', 'payload', 'subject_key', 'tree_node'].includes(table.slice(6));
        // places in the tree are given by a function only, which takes each from the queue
        const isRead = ['tree_leaf', 'tree_queue'].includes(table.slice(6));
        const expected = isAddedTo ? ['SELECT', 'INSERT'] : isRead ? ['SELECT'] : [];
        expect([table, await rights(table)]).toEqual([table, expected]);
      }
      const statements = tables.flatMap((table) => [`DELETE FROM ${table}`, `TRUNCATE ${table}`]);
      const updates = await names(
        admin,
        `SELECT format('UPDATE %I.%I SET %I = %I', n.nspname, c.relname, a.attname, a.attname) AS name
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'audit' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
      );
      expect(updates.length).toBeGreaterThan(100);
      expect(await permitted(app, [...statements, ...updates])).toEqual([]);
    });

    it('may neither read nor write the change log, the views, or what only the connector keeps', async () => {
      expect(
        await permitted(app, [
          'SELECT 1 FROM replication.change',
          'INSERT INTO replication.change DEFAULT VALUES',
          'DELETE FROM replication.change',
          'SELECT digest_key FROM replication.generation',
          'UPDATE replication.generation SET state = state',
          'UPDATE replication.batch SET state = state',
          'DELETE FROM replication.ledger',
          `UPDATE replication.policy SET state = 'active'`,
          `UPDATE replication.policy SET yaml = yaml`,
          'DELETE FROM replication.policy',
          'DELETE FROM replication.view_catalog',
          'SELECT replication.sync_capture()',
          ...(await names(admin, allRelations(`('cloud')`)))
            // the one that is made for it: whose keys it may wrap for the connector
            .filter((view) => view !== 'cloud.selected_blob')
            .map((view) => `SELECT 1 FROM ${view}`),
        ]),
      ).toEqual([]);
    });

    it('may create, change, become, copy and look into nothing', async () => {
      expect(await permitted(app, outOfBounds)).toEqual([]);
    });
  });
});

describe('on a replica, the server', () => {
  let replica: TestDatabase;
  let server: pg.Pool;
  beforeAll(async () => {
    replica = await createReplicaDatabase();
    server = new pg.Pool({ connectionString: replica.urls.replicaApp, max: 2 });
    server.on('error', () => undefined); // `drop` ends idle connections from the server's side
  });
  afterAll(async () => {
    await server.end();
    await replica.drop();
  });

  it('may write sessions, failed sign-ins, the time when a token was used and the audit, and nothing else', async () => {
    const { rows } = await replica.admin.query<{ held: string }>(
      `SELECT format('%s %I.%I', p.wanted, n.nspname, c.relname) AS held
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN unnest($1::text[]) AS p (wanted)
       WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         AND has_table_privilege('holdfast_replica_app', c.oid, p.wanted) ORDER BY 1`,
      [writes],
    );
    expect(rows.map(({ held }) => held)).toEqual([
      'DELETE access.session',
      'DELETE access.sign_in_attempt',
      'INSERT access.session',
      'INSERT access.sign_in_attempt',
      'INSERT audit.leaf',
      'INSERT audit.payload',
      'INSERT audit.subject_key',
      'UPDATE access.session',
      'UPDATE access.sign_in_attempt',
    ]);
    const columns = await replica.admin.query<{ held: string }>(
      `SELECT format('%s %I.%I.%I', p.wanted, n.nspname, c.relname, a.attname) AS held
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS p (wanted)
       WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
         AND has_column_privilege('holdfast_replica_app', c.oid, a.attnum, p.wanted)
         AND NOT has_table_privilege('holdfast_replica_app', c.oid, p.wanted) ORDER BY 1`,
    );
    expect(columns.rows.map(({ held }) => held)).toEqual(['UPDATE access.api_token.last_used_at']);
  });

  it('is refused every write to the CRM, one by one', async () => {
    const tables = await names(replica.admin, allRelations(`('crm')`));
    expect(tables.length).toBeGreaterThan(8);
    const statements = tables.flatMap((table) => [
      `INSERT INTO ${table} DEFAULT VALUES`,
      `UPDATE ${table} SET id = id`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `SELECT * FROM ${table} FOR UPDATE`,
    ]);
    expect(await permitted(server, statements)).toEqual([]);
  });

  it('mints no token, changes no login and no role, and does not see the key of the checksums', async () => {
    expect(
      await permitted(server, [
        `INSERT INTO access.api_token (id, name, token_hash, scopes) VALUES (gen_random_uuid(), 'x', '', '{read}')`,
        `UPDATE access.api_token SET token_hash = token_hash`,
        `UPDATE access.api_token SET revoked_at = NULL`,
        `UPDATE access.api_token SET scopes = '{admin}'`,
        'UPDATE access.replica_login SET password_hash = password_hash',
        'INSERT INTO access.replica_login DEFAULT VALUES',
        'UPDATE access.role SET permissions = permissions',
        'SELECT * FROM access.credential',
        'SELECT digest_key FROM replication.replica_state',
        'UPDATE replication.replica_state SET n = 1',
        'UPDATE replication.replica_watch SET last_error = NULL',
        'SELECT object FROM replication.replica_root',
      ]),
    ).toEqual([]);
  });

  it('may create, change, become, copy and look into nothing', async () => {
    expect(await permitted(server, outOfBounds)).toEqual([]);
  });
});
