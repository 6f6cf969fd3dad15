// Names that become SQL, and conditions that are none, over real HTTP against the whole server.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import { expectProblem } from '../integration/bad-input/problem.js';

// in small letters, as a refusal quotes them and none may quote our SQL
const evil = [
  'name; DROP TABLE crm.account',
  "name' OR '1'='1",
  'name" DESC, (select sleep(9))',
  '(select password_hash from access.credential limit 1)',
  "custom.x'||(select 1)||'",
  'custom.x"; --',
  't.id',
  'deleted_at',
  '1',
];
const leaf = (field: string) => JSON.stringify({ field, op: 'eq', value: 'x' });

describe('names and conditions', () => {
  let server: WholeServer;
  let admin: HttpClient;
  let id: string;

  beforeAll(async () => {
    server = await startPrimary();
    admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
    const made = await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Bystander' } });
    id = (made.json as { id: string }).id;
  });
  afterAll(() => server.stop());

  const get = (path: string, parameters: Record<string, string> = {}) =>
    admin.call(`/api/v1${path}?${new URLSearchParams(parameters).toString()}`);
  const everything = async (): Promise<string> => {
    const { rows } = await server.database.admin.query<{ text: string }>(
      `SELECT row_to_json(a)::text AS text FROM crm.account a UNION ALL
       SELECT row_to_json(f)::text FROM crm.custom_field f UNION ALL
       SELECT count(*)::text FROM audit.leaf ORDER BY 1`,
    );
    return rows.map(({ text }) => text).join('\n');
  };

  it.each(evil)('X14 %s is refused as a name to sort, group, filter, show and expand by', async (name) => {
    const before = await everything();
    expectProblem(await get('/accounts', { sort: name }), 400, 'sort');
    expectProblem(await get('/accounts', { sort: `-${name}` }), 400, 'sort');
    expectProblem(await get('/accounts', { sort: `name,${name}` }), 400, 'sort');
    expectProblem(await get('/accounts', { fields: name }), 400, 'fields');
    expectProblem(await get('/accounts', { expand: name }), 400, 'expand');
    expectProblem(await get('/accounts', { filter: leaf(name) }), 400, 'filter.field');
    expectProblem(await get('/accounts', { filter: leaf(`owner.${name}`) }), 400, 'filter.field');
    // nothing groups but the board and the count, and neither takes the name of a column
    for (const parameter of ['group', 'groupBy', 'having', 'distinct'])
      expectProblem(await get('/accounts', { [parameter]: name }), 400, parameter);
    expectProblem(await get('/deals/board', { groupBy: name }), 400, 'groupBy');
    expectProblem(await get('/deals/board', { pipelineId: name }), 400, 'pipelineId');
    expectProblem(await get('/deals/board', { filter: leaf(name) }), 400, 'filter.field');
    expect(await everything()).toBe(before);
  });

  it.each(["x'); DROP TABLE crm.account; --", 'a"b', "x'||'", 'a b', '__proto__', 'a\\b', 'a$1', 'ä'])(
    'X14 %s is refused as the key of a custom field',
    async (key) => {
      const before = await everything();
      const field = { type: 'account', key, label: 'x', kind: 'text', classification: 'public' };
      expectProblem(await admin.call('/api/v1/custom-fields', { method: 'POST', body: field }), 400, 'key');
      const body = { name: 'x', custom: { [key]: 1 } };
      expectProblem(await admin.call('/api/v1/accounts', { method: 'POST', body }), 400);
      expect(await everything()).toBe(before);
    },
  );

  it.each(['', 'null', 'undefined', '{}', '[]', '""', '0', 'false', '{"and":[]}', '{"or":[]}', '{"not":{}}'])(
    'X15 the condition %j selects nothing, not everything',
    async (filter) => {
      const answer = await get('/accounts', { filter });
      expectProblem(answer, 400);
      expect(answer.text).not.toContain('Bystander');
    },
  );

  it.each([{ value: null }, { value: {} }, { value: [] }, {}])(
    'X15 a condition with %j to compare with is refused',
    async (more) => {
      for (const op of ['eq', 'ne', 'in', 'gt', 'between', 'contains'])
        expectProblem(
          await get('/accounts', { filter: JSON.stringify({ field: 'name', op, ...more }) }),
          400,
        );
    },
  );

  it.each(['undefined', 'null', '{}', '[]', '%20', '*', '0', '%7B%22id%22%3Anull%7D', 'NaN'])(
    'X15 the id %s is nobody: nothing is read, changed, deleted or restored',
    async (nobody) => {
      const before = await everything();
      const headers = { 'if-match': '"1"' };
      const path = `/api/v1/accounts/${nobody}`;
      expectProblem(await admin.call(path), 404);
      expectProblem(await admin.call(path, { method: 'PATCH', body: { name: 'X' }, headers }), 404);
      expectProblem(await admin.call(path, { method: 'DELETE', headers }), 404);
      expectProblem(await admin.call(`${path}/restore`, { method: 'POST', headers }), 404);
      expect(await everything()).toBe(before);
    },
  );

  it('X15 a change that names nothing changes nothing', async () => {
    const before = await everything();
    const patch = (body: unknown) =>
      admin.call(`/api/v1/accounts/${id}`, { method: 'PATCH', body, headers: { 'if-match': '"1"' } });
    for (const body of ['null', '[]', '""', 'undefined']) expectProblem(await patch(body), 400);
    expect((await patch({})).status).toBe(200);
    expect(await everything()).toBe(before);
  });
});
