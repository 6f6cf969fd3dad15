// Databases of earlier versions with the demo in them, brought up to date: no row is lost or changed beyond what a migration
// is for, the schema is that of a new database, and the server works on it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../../src/platform/database/index.js';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  makeTempFolder,
  type TestDatabase,
} from '../../support/index.js';
import { HttpClient, makeUser, startPrimaryOn, type WholeServer } from '../access/whole-server.js';

/** each with the number of migrations that came since at least, and the tables whose rows its upgrade writes on purpose: none of them comes or goes */
const fixtures = [
  // roles get their rights over the new types
  { folder: 'demo-2026-11-22', migrations: 11, changed: new Set(['access.role']) },
  { folder: 'demo-0.1.0', migrations: 0, changed: new Set<string>() },
];
/** what the triggers note of an upgrade's own writes, for the connector to compare */
const log = 'replication.change';
/** the client of the oldest PostgreSQL that is supported, as Debian has it; `npm test` installs it */
const pgRestore = '/usr/lib/postgresql/15/bin/pg_restore';
/** the bookkeeping of migrations is what an upgrade is about */
const bookkeeping = 'platform.schema_migration';

type Content = Map<string, { columns: string[]; rows: number; digest: string }>;

async function tablesOf(database: TestDatabase): Promise<Map<string, string[]>> {
  const { rows } = await database.admin.query<{ name: string; columns: string[] }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, array_agg(a.attname::text ORDER BY a.attname) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     GROUP BY 1`,
  );
  return new Map(rows.filter(({ name }) => name !== bookkeeping).map(({ name, columns }) => [name, columns]));
}

/** How many rows each table has, and a digest over them, in these columns. */
async function contentOf(database: TestDatabase, tables: Map<string, string[]>): Promise<Content> {
  const content: Content = new Map();
  for (const [name, columns] of tables) {
    const list = columns.map((column) => `"${column}"`).join(', ');
    const { rows } = await database.admin.query<{ rows: number; digest: string }>(
      `SELECT count(*)::int AS rows, md5(coalesce(string_agg(row, E'\\n' ORDER BY row), '')) AS digest
       FROM (SELECT row(${list})::text AS row FROM ${name}) r`,
    );
    content.set(name, { columns, rows: rows[0]?.rows ?? 0, digest: rows[0]?.digest ?? '' });
  }
  return content;
}

/** Everything that a migration makes, a line each; what a policy makes when it is approved is left out. */
async function schemaOf(database: TestDatabase): Promise<string[]> {
  const own = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public', 'cloud')`;
  const { rows } = await database.admin.query<{ line: string }>(
    `SELECT format('column %s.%s %s%s%s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, ' ' || pg_get_expr(d.adbin, d.adrelid)) AS line
      FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace n ON n.oid = t.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE ${own} AND a.attnum > 0 AND NOT a.attisdropped AND t.relkind IN ('r', 'v')
     UNION ALL SELECT format('constraint %s %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
      FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE ${own} AND c.contype <> 'n'
     UNION ALL SELECT 'index ' || i.indexdef FROM pg_indexes i JOIN pg_namespace n ON n.nspname = i.schemaname WHERE ${own}
     UNION ALL SELECT 'trigger ' || pg_get_triggerdef(g.oid)
      FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
      WHERE ${own} AND NOT g.tgisinternal AND g.tgname NOT LIKE 'holdfast_capture_%'
     UNION ALL SELECT format('function %s %s %s', p.oid::regprocedure, r.rolname, md5(pg_get_functiondef(p.oid)))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
      WHERE ${own} AND p.prokind = 'f'
     UNION ALL SELECT format('right %s %s %s', t.oid::regclass, x.grantee::regrole, x.privilege_type)
      FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace, aclexplode(t.relacl) x
      WHERE ${own} AND x.grantee <> 0
     ORDER BY 1`,
  );
  // months that one of them saw and the other did not
  return rows.map(({ line }) => line).filter((line) => !/(leaf|payload)_\d{4}_\d\d/.test(line));
}

describe.each(fixtures)('the demo in $folder', ({ folder, migrations, changed }) => {
  const source = join('test/fixtures', folder);
  let database: TestDatabase;
  let before: Content;
  const steps: string[] = [];

  beforeAll(async () => {
    database = await createEmptyDatabase();
    execFileSync(
      pgRestore,
      ['--exit-on-error', `--dbname=${database.urls.admin}`, join(source, 'primary.dump')],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    before = await contentOf(database, await tablesOf(database));
    await migrate(database.urls.owner, 'primary', ({ name }) => steps.push(name));
  }, 300_000);

  it('goes through the migrations that came since', () => {
    expect(steps.length).toBeGreaterThanOrEqual(migrations);
  });

  it('keeps every row of every table as it was', async () => {
    expect(before.get('crm.deal')?.rows).toBe(8800);
    const after = await contentOf(
      database,
      new Map([...before].map(([name, { columns }]) => [name, columns])),
    );
    for (const name of changed) expect([name, after.get(name)?.rows]).toEqual([name, before.get(name)?.rows]);
    const rest = (content: Content) => [...content].filter(([name]) => !changed.has(name) && name !== log);
    expect(rest(after)).toEqual(rest(before));
  });

  it('acts on the brake that the policy in force has named all along', async () => {
    const { rows } = await database.admin.query('SELECT brake_deletes FROM replication.active_policy');
    expect(rows).toEqual([{ brake_deletes: 500 }]);
  });

  it('has the schema of a new database', async () => {
    const fresh = await createPrimaryDatabase();
    try {
      const expected = await schemaOf(fresh);
      expect(expected.length).toBeGreaterThan(500);
      expect(await schemaOf(database)).toEqual(expected);
    } finally {
      await fresh.drop();
    }
  });

  describe('under a server', () => {
    let server: WholeServer;
    let person: HttpClient;
    beforeAll(async () => {
      const keys = await makeTempFolder('upgraded');
      await cp(join(source, 'keys'), join(keys, 'server'), { recursive: true });
      // git keeps no modes, and the server refuses keys that others may read
      await chmod(join(keys, 'server'), 0o700);
      for (const name of await readdir(join(keys, 'server'))) await chmod(join(keys, 'server', name), 0o600);
      if (existsSync(join(source, 'files')))
        await cp(join(source, 'files'), join(keys, 'files'), { recursive: true });
      server = await startPrimaryOn(database, keys);
      person = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
    });
    afterAll(() => server.stop());

    const read = async <T>(path: string): Promise<T> => {
      const answer = await person.call(`/api/v1${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.json as T;
    };

    it('lists, counts and sums what was there', async () => {
      const filter = encodeURIComponent(JSON.stringify({ field: 'stage', op: 'eq', value: 'won' }));
      const { page } = await read<{ page: { count: number } }>(
        `/deals?limit=1&count=capped&filter=${filter}`,
      );
      expect(page.count).toBe(4238);
      const { rows } = await database.admin.query<{ sum: string }>(
        `SELECT sum(amount)::numeric(15, 2)::text AS sum FROM crm.deal WHERE stage = 'won'`,
      );
      expect(rows[0]?.sum).toBe('10005534.00');
      const stages = await read<{ data: { key: string }[] }>('/stages?limit=200');
      const used = await database.admin.query<{ stage: string }>('SELECT DISTINCT stage FROM crm.deal');
      expect(stages.data.map(({ key }) => key)).toEqual(
        expect.arrayContaining(used.rows.map(({ stage }) => stage)),
      );
    });

    it('shows deals on the board', async () => {
      const board = await read<object>('/deals/board');
      expect(JSON.stringify(board)).toContain('"won"');
    });

    it('finds records that were there before there was a search', async () => {
      const { data } = await read<{ data: { type: string; title?: string }[] }>('/search?q=cancity');
      expect(data.some(({ type }) => type === 'account')).toBe(true);
    });

    it('opens the files that were attached', async () => {
      const { rows } = await database.admin.query<{ id: string; bytes: string }>(
        'SELECT id, bytes FROM crm.attachment ORDER BY id',
      );
      expect(rows.length > 0).toBe(existsSync(join(source, 'files')));
      for (const { id, bytes } of rows) {
        const answer = await person.call(`/api/v1/attachments/${id}/content`);
        expect([answer.status, answer.headers.get('content-length')]).toEqual([200, bytes]);
      }
    });

    it('changes records, keeps their history, and notes the change for the cloud', async () => {
      const { data } = await read<{ data: { id: string; version: number }[] }>('/accounts?limit=1&sort=name');
      const [account] = data;
      const answer = await person.call(`/api/v1/accounts/${account?.id ?? ''}`, {
        method: 'PATCH',
        headers: { 'if-match': `"${String(account?.version)}"` },
        body: { name: 'Upgraded', tags: ['kept'] },
      });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Upgraded')]);
      const history = await read<{ data: unknown[] }>(`/accounts/${account?.id ?? ''}/timeline`);
      expect(JSON.stringify(history)).toContain('name');
      const log = await database.admin.query(
        `SELECT 1 FROM replication.change WHERE type = 'account' AND id = $1`,
        [account?.id],
      );
      expect(log.rowCount).toBeGreaterThan(0);
    });
  });
});
