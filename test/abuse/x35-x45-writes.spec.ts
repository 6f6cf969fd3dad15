// Writes over a version that is no longer there, and writes that nobody would know of afterwards.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import { expectProblem, inside } from '../integration/bad-input/problem.js';

interface Made {
  id: string;
  version: number;
}

describe('writes', () => {
  let server: WholeServer;
  let admin: HttpClient;

  beforeAll(async () => {
    server = await startPrimary();
    admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
  });
  afterAll(() => server.stop());
  afterEach(() => server.database.admin.query('GRANT INSERT ON audit.leaf TO holdfast_app'));

  const make = async (plural: string, body: object): Promise<Made> =>
    (await admin.call(`/api/v1/${plural}`, { method: 'POST', body })).json as Made;
  const patch = (path: string, body: object, version: number) =>
    admin.call(`/api/v1/${path}`, { method: 'PATCH', body, headers: { 'if-match': `"${String(version)}"` } });

  it('X35 refuses a stale version with the current record, and changes nothing', async () => {
    const { id } = await make('accounts', { name: 'First' });
    expect((await patch(`accounts/${id}`, { name: 'Second' }, 1)).status).toBe(200);
    for (const version of [1, 3]) {
      const answer = await patch(`accounts/${id}`, { name: 'Lost' }, version);
      expectProblem(answer, 412);
      expect(answer.json).toMatchObject({ current: { id, name: 'Second', version: 2 } });
    }
    const headers = { 'if-match': '"1"' };
    expectProblem(await admin.call(`/api/v1/accounts/${id}`, { method: 'DELETE', headers }), 412);
    expect((await admin.call(`/api/v1/accounts/${id}`)).json).toMatchObject({ name: 'Second', version: 2 });
  });

  it('X35 lets one of twenty writers with the same version win', async () => {
    const { id } = await make('accounts', { name: 'Start' });
    const names = Array.from({ length: 20 }, (_, at) => `Writer ${String(at)}`);
    const answers = await Promise.all(names.map((name) => patch(`accounts/${id}`, { name }, 1)));
    const winners = names.filter((_, at) => answers[at]?.status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    expect((await admin.call(`/api/v1/accounts/${id}`)).json).toMatchObject({ name: winners[0], version: 2 });
  });

  it('X35 asks for a version where none is given', async () => {
    const { id } = await make('accounts', { name: 'No version' });
    const answer = await admin.call(`/api/v1/accounts/${id}`, { method: 'PATCH', body: { name: 'x' } });
    expectProblem(answer, 428);
  });

  /** Everything that a write could leave behind, but for who is signed in and how often somebody failed to. */
  async function state(): Promise<Record<string, string>> {
    const { rows } = await server.database.admin.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema IN ('crm', 'access', 'files', 'audit', 'cloud', 'privacy')
         AND table_name NOT IN ('session', 'sign_in_attempt')`,
    );
    const found: Record<string, string> = {};
    for (const { name } of rows) {
      const sums = await server.database.admin.query<{ sum: string }>(
        `SELECT count(*)::text || md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) AS sum FROM ${name} t`,
      );
      found[name] = sums.rows[0]?.sum ?? '';
    }
    return found;
  }

  it('X45 refuses every action that cannot be audited, and leaves nothing of it', async () => {
    const account = await make('accounts', { name: 'Audited' });
    const removed = await make('accounts', { name: 'Removed' });
    await admin.call(`/api/v1/accounts/${removed.id}`, { method: 'DELETE', headers: { 'if-match': '"1"' } });
    const person = await makeUser(server, 'sales');
    const field = { type: 'account', key: 'size', label: 'Size', kind: 'text', classification: 'public' };
    const file = `/api/v1/accounts/${account.id}/attachments?name=a.txt`;
    const contentType = 'text/plain';
    const kept = await admin.call(file, { method: 'POST', body: 'kept', contentType });
    const content = `/api/v1/attachments/${(kept.json as Made).id}/content`;
    const password = { password: 'a longer harbour than before' };
    const headers = { 'if-match': '"1"' };
    const calls: [string, string, object?][] = [
      ['POST', '/api/v1/accounts', { body: { name: 'Unaudited' } }],
      ['PATCH', `/api/v1/accounts/${account.id}`, { body: { name: 'Unaudited' }, headers }],
      ['DELETE', `/api/v1/accounts/${account.id}`, { headers }],
      ['POST', `/api/v1/accounts/${removed.id}/restore`, { headers: { 'if-match': '"2"' } }],
      ['POST', '/api/v1/custom-fields', { body: field }],
      ['POST', '/api/v1/api-tokens', { body: { name: 'unaudited', scopes: ['read'] } }],
      ['PUT', `/api/v1/users/${person.id}/roles`, { body: { roles: ['administrator'] } }],
      ['POST', `/api/v1/users/${person.id}/password`, { body: password }],
      ['POST', file, { body: 'x', contentType }],
      ['GET', content],
    ];
    await server.database.admin.query('REVOKE INSERT ON audit.leaf FROM holdfast_app');
    const before = await state();
    for (const [method, path, more] of calls) {
      const answer = await admin.call(path, { method, ...more });
      expect([method, path, answer.status]).toEqual([method, path, 500]);
      expect(answer.text).not.toMatch(inside);
    }
    expect(await state()).toEqual(before);
    await server.database.admin.query('GRANT INSERT ON audit.leaf TO holdfast_app');
    expect((await admin.call(content)).text).toBe('kept');
  });

  it('X45 signs nobody in whose sign-in cannot be audited', async () => {
    const { email, password } = await makeUser(server, 'sales');
    const sessions = async () => (await server.database.admin.query('SELECT 1 FROM access.session')).rowCount;
    const before = await sessions();
    await server.database.admin.query('REVOKE INSERT ON audit.leaf FROM holdfast_app');
    const answer = await new HttpClient(server).call('/api/v1/auth/sign-in', {
      method: 'POST',
      body: { email, password },
    });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([500, null]);
    expect(await sessions()).toBe(before);
  });
});
