// Every way to write on a replica: by operation, by header, by the rights of its database role.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { withClient } from '../../src/platform/database/index.js';
import { routesOf } from '../integration/access/served-routes.js';
import { HttpClient, startReplica, type WholeServer } from '../integration/access/whole-server.js';
import { expectProblem } from '../integration/bad-input/problem.js';

const id = '018f0000-0000-7000-8000-000000000000';
const types = ['accounts', 'contacts', 'deals', 'leads', 'cases', 'activities', 'campaigns', 'products'];
/** What a replica writes of its own: who is signed in there; and its audit, to which it can only add. */
const ownRights = {
  'access.session': 'DELETE INSERT UPDATE',
  'access.sign_in_attempt': 'DELETE INSERT UPDATE',
  'audit.leaf': 'INSERT',
  'audit.payload': 'INSERT',
  'audit.subject_key': 'INSERT',
};

describe('writes on a replica', () => {
  let server: WholeServer;
  let anybody: HttpClient;

  beforeAll(async () => {
    server = await startReplica();
    anybody = new HttpClient(server);
    await server.database.admin.query(
      `INSERT INTO crm.account (id, created_at, updated_at, version, name) VALUES ($1, now(), now(), 1, 'Kept')`,
      [id],
    );
  });
  afterAll(() => server.stop());

  const writes = (): [string, string][] =>
    routesOf(server.app.get(ModulesContainer, { strict: false }))
      .map((route): [string, string] => [route.split(' ')[0] ?? '', route.split(' ')[1] ?? ''])
      .filter(([method, path]) => method !== 'get' && !path.startsWith('/api/v1/auth/sign-'))
      .flatMap(([method, path]) =>
        (path.includes('{plural}') ? types : ['']).map((plural): [string, string] => [
          method.toUpperCase(),
          path.replace('{plural}', plural).replace(/\{\w+\}/g, id),
        ]),
      );

  it('X42 answers 405 to every operation that writes, whoever asks', async () => {
    const calls = writes();
    expect(calls.length).toBeGreaterThan(50);
    const wrong: string[] = [];
    for (const [method, path] of calls) {
      const answer = await anybody.call(path, {
        method,
        body: { name: 'X' },
        headers: { 'if-match': '"1"' },
      });
      if (answer.status !== 405 || answer.headers.get('allow') !== 'GET, HEAD')
        wrong.push(`${method} ${path} ${String(answer.status)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('X42 lets no header and no parameter make a write of a read', async () => {
    for (const method of ['DELETE', 'PATCH', 'POST', 'PUT']) {
      const headers = {
        'x-http-method-override': method,
        'x-http-method': method,
        'x-method-override': method,
        'if-match': '"1"',
      };
      expect((await anybody.call(`/api/v1/accounts/${id}`, { headers })).status).toBe(401);
      const asPost = { method: 'POST', headers, body: {} };
      expectProblem(await anybody.call(`/api/v1/accounts`, asPost), 405);
      expect((await anybody.call(`/api/v1/accounts/${id}?_method=${method}`)).status).toBe(401);
    }
    const { rows } = await server.database.admin.query('SELECT name, version FROM crm.account');
    expect(rows).toEqual([{ name: 'Kept', version: 1 }]);
  });

  it('X42 gives the role of the server no right to write records, rights or what was published', async () => {
    await withClient(server.database.urls.replicaApp, 'test', async (client) => {
      const { rows } = await client.query<{ name: string; rights: string }>(
        `SELECT c.oid::regclass::text AS name, string_agg(p."right", ' ' ORDER BY p."right") AS rights
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER')) p("right")
         WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'
           AND has_table_privilege(c.oid, p."right") GROUP BY 1 ORDER BY 1`,
      );
      expect(Object.fromEntries(rows.map(({ name, rights }) => [name, rights]))).toEqual(ownRights);
      for (const sql of [
        `UPDATE crm.account SET name = 'X'`,
        `INSERT INTO crm.account (id) VALUES (gen_random_uuid())`,
        'DELETE FROM crm.account',
        'TRUNCATE crm.account',
        'DROP TABLE crm.account',
        'ALTER TABLE crm.account DISABLE TRIGGER ALL',
        'CREATE TABLE crm.mine (id int)',
        'SET ROLE holdfast_owner',
        'SET ROLE holdfast_replica_apply',
      ])
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    });
  });
});
