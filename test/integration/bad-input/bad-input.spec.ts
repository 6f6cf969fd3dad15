// What nobody should send, sent over real HTTP. Every answer is a problem document that names the place, and none
// says anything about the inside.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';
import { expectProblem, inside, type Problem } from './problem.js';

let server: WholeServer;
let admin: HttpClient;
let account: { id: string; version: number };

beforeAll(async () => {
  server = await startPrimary();
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
  const made = await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Acme' } });
  account = made.json as typeof account;
});
afterAll(() => server.stop());

const query = (parameters: Record<string, string>) =>
  `/api/v1/accounts?${new URLSearchParams(parameters).toString()}`;
const filtered = (filter: unknown) =>
  query({ filter: typeof filter === 'string' ? filter : JSON.stringify(filter) });
const create = (body: unknown) => admin.call('/api/v1/accounts', { method: 'POST', body });
const patch = (body: unknown, ifMatch = '"1"') =>
  admin.call(`/api/v1/accounts/${account.id}`, { method: 'PATCH', body, headers: { 'if-match': ifMatch } });

describe('a body', () => {
  it.each<[string, unknown, string]>([
    ['an unknown member', { name: 'x', nam: 'y' }, 'nam'],
    ['a member that only the server sets', { name: 'x', version: 7 }, 'version'],
    ['an id of the caller’s', { name: 'x', id: 'a' }, 'id'],
    ['a time of the server’s', { name: 'x', createdAt: '2020-01-01T00:00:00Z' }, 'createdAt'],
    ['a recycled record', { name: 'x', deletedAt: null }, 'deletedAt'],
    ['a number for a text', { name: 5 }, 'name'],
    ['a list for a text', { name: ['x'] }, 'name'],
    ['an object for a text', { name: { toString: 'x' } }, 'name'],
    ['null where something is needed', { name: null }, 'name'],
    ['nothing where something is needed', {}, 'name'],
    ['a text for a number', { name: 'x', employees: '5' }, 'employees'],
    ['a broken number', { name: 'x', employees: 1.5 }, 'employees'],
    ['a number beyond the column', { name: 'x', employees: 1e18 }, 'employees'],
    ['a choice that is none', { name: 'x', kind: 'friend' }, 'kind'],
    ['a reference that is no id', { name: 'x', parentId: 'x' }, 'parentId'],
    ['a reference to nothing', { name: 'x', parentId: '018f0000-0000-7000-8000-000000000000' }, 'parentId'],
    ['money without a currency', { name: 'x', revenue: { amount: '1' } }, 'revenue'],
    ['money as a number', { name: 'x', revenue: 5 }, 'revenue'],
    ['a NUL in a text', { name: 'a\u0000b' }, 'name'],
    ['half a surrogate pair', { name: 'a\ud800b' }, 'name'],
    ['an unknown custom field', { name: 'x', custom: { nope: 1 } }, 'custom.nope'],
    ['custom fields that are a list', { name: 'x', custom: [] }, 'custom'],
    ['SQL as a custom name', { name: 'x', custom: { "a' OR 1=1 --": 1 } }, "custom.a' OR 1=1 --"],
  ])('with %s is refused with its path', async (_what, body, path) => {
    expectProblem(await create(body), 400, path);
    if (typeof body === 'object' && body !== null && Object.keys(body).length > 1) {
      expectProblem(await patch(body), 400, path);
    }
  });

  it.each([
    ['__proto__', '{"name":"x","__proto__":{"isAdmin":true}}'],
    ['constructor.prototype', '{"name":"x","constructor":{"prototype":{"isAdmin":true}}}'],
    ['a nested __proto__', '{"name":"x","custom":{"__proto__":{"isAdmin":true}}}'],
    ['nothing', ' '],
    ['half a document', '{"name":"x"'],
    ['two documents', '{"name":"x"}{"name":"y"}'],
    ['a list', '[{"name":"x"}]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['a number', '5'],
    ['NaN', '{"name":NaN}'],
    ['a lonely comma', '{"name":"x",}'],
    ['a byte order mark', '\ufeff{"name":"x"}'],
  ])('that is %s is refused, and nothing is polluted', async (_what, body) => {
    const answer = await create(body);
    // JSON may begin with a byte order mark, and a parser may ignore it.
    if (body.startsWith('\ufeff') && answer.status === 201) return;
    expectProblem(answer, 400);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  it('50,000 levels deep is refused with the path, in every place that reads JSON', async () => {
    const deep = (open: string, close: string) => `${open.repeat(50_000)}1${close.repeat(50_000)}`;
    for (const body of [`{"name":${deep('[', ']')}}`, `{"custom":${deep('{"a":', '}')}}`]) {
      const answer = await create(body);
      expectProblem(answer, 400);
      expect((answer.json as Problem).errors?.[0]?.path).toMatch(/^(name|custom)/);
    }
    const filter = `${'{"not":'.repeat(1500)}{"field":"name","op":"eq","value":"x"}${'}'.repeat(1500)}`;
    const answer = await admin.call(`/api/v1/accounts?filter=${encodeURIComponent(filter)}`);
    expect([400, 414, 431]).toContain(answer.status);
    const shorter = `${'{"not":'.repeat(200)}{"field":"name","op":"eq","value":"x"}${'}'.repeat(200)}`;
    expectProblem(await admin.call(filtered(shorter)), 400);
    const yaml = `version: 1\ntypes:\n  account: ${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const check = await admin.call('/api/v1/cloud/policy/check', { method: 'POST', body: { yaml } });
    expect(check.status).toBeLessThan(500);
  });

  it('that is too large is refused, told or not', async () => {
    expectProblem(await create({ name: 'x'.repeat(2_000_000) }), 413);
    expectProblem(await create({ name: 'x'.repeat(900_000) }), 400, 'name');
  });

  it('in another form than JSON is refused', async () => {
    for (const contentType of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/xml',
    ])
      expectProblem(
        await admin.call('/api/v1/accounts', { method: 'POST', body: 'name=x', contentType }),
        415,
      );
  });

  it('with bytes that are no UTF-8 is refused, and stored nowhere', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"name":"bad'),
      Buffer.from([0xff, 0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    const before = await count();
    const response = await fetch(`${server.url}/api/v1/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
      body: bytes,
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('code')]);
    expect(await count()).toBe(before);
  });
});

async function count(): Promise<number> {
  const { rows } = await server.database.admin.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM crm.account',
  );
  return rows[0]?.n ?? 0;
}

async function token(): Promise<string> {
  const made = await admin.call('/api/v1/api-tokens', {
    method: 'POST',
    body: { name: 'bad input', scopes: ['read', 'write'] },
  });
  return (made.json as { token: string }).token;
}

describe('a filter', () => {
  it.each<[string, unknown]>([
    ['nothing', ''],
    ['the word undefined', 'undefined'],
    ['null', 'null'],
    ['an empty object', {}],
    ['an empty list', []],
    ['a text', '"name"'],
    ['no operator', { field: 'name', value: 'x' }],
    ['no field', { op: 'eq', value: 'x' }],
    ['no value', { field: 'name', op: 'eq' }],
    ['a null value', { field: 'name', op: 'eq', value: null }],
    ['an unknown field', { field: 'nam', op: 'eq', value: 'x' }],
    ['an unknown operator', { field: 'name', op: 'like', value: 'x' }],
    ['an unknown member', { field: 'name', op: 'eq', value: 'x', or: [] }],
    ['an operator of another kind', { field: 'employees', op: 'contains', value: 'x' }],
    ['a value of another kind', { field: 'employees', op: 'eq', value: 'x' }],
    ['a list where one value is asked for', { field: 'name', op: 'eq', value: ['x'] }],
    ['an object as a value', { field: 'name', op: 'eq', value: { $ne: 'x' } }],
    ['an empty “and”', { and: [] }],
    ['“and” of no list', { and: { field: 'name', op: 'eq', value: 'x' } }],
    ['a null inside “or”', { or: [null] }],
    [
      'too many conditions',
      { or: Array.from({ length: 101 }, () => ({ field: 'name', op: 'eq', value: 'x' })) },
    ],
    ['an empty “in”', { field: 'name', op: 'in', value: [] }],
    ['half a “between”', { field: 'employees', op: 'between', value: [1] }],
    ['a column for a field', { field: 'deleted_at', op: 'empty' }],
    ['a password', { field: 'passwordHash', op: 'notEmpty' }],
    ['two hops', { field: 'parent.parent.name', op: 'eq', value: 'x' }],
    ['a hop through prototypes', { field: 'constructor.name', op: 'eq', value: 'x' }],
    ['__proto__ for a field', { field: '__proto__', op: 'eq', value: 'x' }],
    ['SQL for a field', { field: "name' OR '1'='1", op: 'eq', value: 'x' }],
    ['SQL for a custom field', { field: "custom.x') OR 1=1 --", op: 'eq', value: 'x' }],
    ['SQL for an operator', { field: 'name', op: "eq' OR 1=1 --", value: 'x' }],
    ['a NUL', { field: 'name', op: 'eq', value: 'a\u0000' }],
  ])('with %s is refused with a path inside it', async (_what, filter) => {
    const answer = await admin.call(filtered(filter));
    expectProblem(answer, 400);
    expect((answer.json as Problem).errors?.[0]?.path).toMatch(/^filter/);
  });

  it.each(["'; DROP TABLE crm.account; --", "' OR '1'='1", '%', '_', '\\', '${7*7}', '{{7*7}}'])(
    'takes %s as a value for what it is',
    async (value) => {
      for (const op of ['eq', 'contains', 'startsWith']) {
        const answer = await admin.call(filtered({ field: 'name', op, value }));
        expect([answer.status, (answer.json as { data: unknown[] }).data]).toEqual([200, []]);
      }
    },
  );
});

describe('a parameter', () => {
  const sql = [
    'name; DROP TABLE crm.account',
    "name' --",
    '(select 1)',
    'name,(CASE WHEN 1=1 THEN id END)',
    '1',
    'random()',
  ];
  it.each([
    ...sql.map((value) => ['sort', value] as const),
    ...sql.map((value) => ['fields', value] as const),
    ['sort', '--name'],
    ['sort', 'deleted_at'],
    ['sort', 'custom.x"; --'],
    ['sort', ''],
    ['sort', '__proto__'],
    ['sort', 'owner.email'],
    ['fields', 'passwordHash'],
    ['fields', 'constructor'],
    ['fields', ''],
    ['expand', 'nothing'],
    ['expand', '__proto__'],
    ['limit', '0'],
    ['limit', '201'],
    ['limit', '-1'],
    ['limit', '1e2'],
    ['limit', '10; --'],
    ['limit', ''],
    ['limit', '9'.repeat(400)],
    ['count', 'exact'],
    ['cursor', 'x'],
    ['cursor', ''],
    ['cursor', Buffer.from('{"v":1}').toString('base64url')],
    ['cursor', Buffer.from('["x","018f0000-0000-7000-8000-000000000000"]').toString('base64url')],
    ['q', 'a\u0000'],
    ['nonsense', '1'],
    ['filter[name]', 'x'],
  ])('%s=%s is refused and named', async (name, value) => {
    expectProblem(await admin.call(query({ [name]: value })), 400, name);
  });

  it('given twice is refused, here and on every other route', async () => {
    expectProblem(await admin.call('/api/v1/accounts?limit=1&limit=2'), 400, 'limit');
    expectProblem(await admin.call('/api/v1/types?x=1&x=2'), 400, 'x');
  });

  it('of the path that is no id is refused or not found, and never reaches the database', async () => {
    for (const id of [
      '1',
      'x',
      "x'--",
      '018f0000-0000-7000-8000-00000000000g',
      '%00',
      '..%2f..%2fetc%2fpasswd',
      '[object Object]',
    ]) {
      const answer = await admin.call(`/api/v1/accounts/${id}`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.text).not.toMatch(inside);
    }
    for (const path of [
      '/api/v1/__proto__',
      '/api/v1/constructor',
      '/api/v1/toString/x',
      '/api/v1/accounts%00',
    ])
      expect([400, 404]).toContain((await admin.call(path)).status);
    expect((await admin.call('/api/v1/accounts/%E0%A4%A')).status).toBe(400);
    expect([404, 414]).toContain((await admin.call(`/api/v1/${'a'.repeat(5000)}`)).status);
  });
});

describe('a cursor', () => {
  it('is good only for the list that it came from', async () => {
    for (const name of ['B', 'C', 'D']) await create({ name });
    const page = await admin.call(query({ limit: '1', sort: 'name' }));
    const { nextCursor } = (page.json as { page: { nextCursor: string } }).page;
    expect((await admin.call(query({ limit: '1', sort: 'name', cursor: nextCursor }))).status).toBe(200);
    for (const other of [{ sort: '-name' }, { sort: 'kind' }])
      expectProblem(await admin.call(query({ limit: '1', ...other, cursor: nextCursor })), 400, 'cursor');
    for (let at = 0; at < nextCursor.length; at += 5) {
      const forged =
        nextCursor.slice(0, at) + (nextCursor[at] === 'A' ? 'B' : 'A') + nextCursor.slice(at + 1);
      const answer = await admin.call(query({ limit: '1', sort: 'name', cursor: forged }));
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toMatch(inside);
    }
  });
});

describe('If-Match', () => {
  it.each([
    '1',
    '"x"',
    '"',
    '""',
    '"-1"',
    '"1.5"',
    '"1" OR 1=1',
    '"99999999999999999999"',
    '"1","2"',
    'W/1',
    '"1\u00e9"',
  ])('of the form %s changes nothing', async (ifMatch) => {
    const answer = await patch({ name: 'Changed' }, ifMatch);
    expect([400, 412, 428]).toContain(answer.status);
    expectProblem(answer, answer.status);
    expect(((await admin.call(`/api/v1/accounts/${account.id}`)).json as { name: string }).name).toBe('Acme');
  });

  it('is asked for', async () => {
    const answer = await admin.call(`/api/v1/accounts/${account.id}`, {
      method: 'PATCH',
      body: { name: 'x' },
    });
    expectProblem(answer, 428);
  });
});

describe('an error', () => {
  it('has no effect, and the same request gets the same answer again', async () => {
    const before = await count();
    const audited = async () =>
      (await server.database.admin.query<{ n: number }>('SELECT count(*)::int AS n FROM audit.leaf')).rows[0]
        ?.n;
    const [leaves, answers] = [await audited(), [] as unknown[]];
    for (let i = 0; i < 3; i += 1) {
      const answer = await create({ name: 'x', employees: -1, nope: 1 });
      const { errors, code } = answer.json as Problem;
      answers.push({ status: answer.status, code, errors });
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(await count()).toBe(before);
    expect(await audited()).toBe(leaves);
  });
});

describe('a custom field', () => {
  it.each<[string, object, string]>([
    ['SQL as its key', { key: "x'); DROP TABLE crm.account; --" }, 'key'],
    ['a quote in its key', { key: 'a"b' }, 'key'],
    ['__proto__ as its key', { key: '__proto__' }, 'key'],
    ['an empty key', { key: '' }, 'key'],
    ['an unknown type', { type: 'acount' }, 'type'],
    ['a prototype as its type', { type: '__proto__' }, 'type'],
    ['an unknown kind', { kind: 'blob' }, 'kind'],
    ['an unknown classification', { classification: 'secret' }, 'classification'],
    ['options of another kind', { kind: 'choice', options: 'a' }, 'options'],
    ['a NUL in an option', { kind: 'choice', options: ['a\u0000'] }, 'options'],
    ['an unknown member', { sql: 'x' }, 'sql'],
  ])('with %s is refused with its path', async (_what, wrong, path) => {
    const body = {
      type: 'account',
      key: 'fine',
      label: 'Fine',
      kind: 'text',
      classification: 'public',
      ...wrong,
    };
    const answer = await admin.call('/api/v1/custom-fields', { method: 'POST', body });
    expectProblem(answer, 400);
    expect((answer.json as Problem).errors?.[0]?.path).toMatch(new RegExp(`^${path}`));
  });
});
