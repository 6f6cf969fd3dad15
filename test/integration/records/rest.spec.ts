import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngineServer, type EngineServer } from './record-engine.js';

let server: EngineServer;
beforeAll(async () => {
  server = await startEngineServer();
});
afterAll(() => server.stop());

interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  on?: EngineServer;
}

async function call(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { body, headers, on }: Call = {},
) {
  const response = await (on ?? server).app.inject({
    method,
    url: path,
    headers: {
      host: 'localhost',
      'x-test-user': 'admin',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const isJson = response.body.startsWith('{');
  const json = isJson ? response.json<Record<string, unknown>>() : ({} as Record<string, unknown>);
  return { status: response.statusCode, json, headers: response.headers, text: response.body };
}

describe('REST', () => {
  it('creates, reads, changes, removes and restores a record', async () => {
    const made = await call('POST', '/api/v1/accounts', { body: { name: 'Acme' } });
    expect(made.status).toBe(201);
    expect(made.headers.etag).toBe('"1"');
    const path = String(made.headers.location);
    expect(path).toBe(`/api/v1/accounts/${String(made.json.id)}`);
    expect((await call('GET', `${path}?fields=name&expand=ownerId`)).json).toEqual({
      id: made.json.id,
      version: 1,
      name: 'Acme',
      owner: null,
    });
    const changed = await call('PATCH', path, { body: { name: 'Acme 2' }, headers: { 'if-match': 'W/"1"' } });
    expect([changed.status, changed.headers.etag, changed.json.name]).toEqual([200, '"2"', 'Acme 2']);
    const stale = await call('PATCH', path, { body: { name: 'X' }, headers: { 'if-match': '"1"' } });
    expect([stale.status, stale.json.code, stale.json.current]).toEqual([412, 'stale_version', changed.json]);
    expect((await call('PATCH', path, { body: { name: 'X' } })).status).toBe(428);
    expect((await call('PATCH', path, { body: { name: 'X' }, headers: { 'if-match': 'x' } })).status).toBe(
      400,
    );
    expect((await call('GET', `${path}/timeline`)).json.data).toHaveLength(2);
    const removed = await call('DELETE', path);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('POST', `${path}/restore`)).status).toBe(200);
  });

  it('lists with filter, sort, count and cursor as one writes them in a browser', async () => {
    for (const name of ['L1', 'L2', 'L3'])
      await call('POST', '/api/v1/products', { body: { name, family: 'list' } });
    const filter = encodeURIComponent('{"field":"family","op":"eq","value":"list"}');
    const first = await call(
      'GET',
      `/api/v1/products?filter=${filter}&sort=-name&limit=2&count=capped&fields=name`,
    );
    expect(first.json).toMatchObject({
      data: [{ name: 'L3' }, { name: 'L2' }],
      page: { count: 3, countCapped: false },
    });
    const cursor = (first.json['page'] as { nextCursor: string }).nextCursor;
    const second = await call('GET', `/api/v1/products?filter=${filter}&sort=-name&limit=2&cursor=${cursor}`);
    expect(second.json).toMatchObject({ data: [{ name: 'L1' }], page: { nextCursor: null } });
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=201', 'limit'],
    ['?limit=1e2', 'limit'],
    ['?count=all', 'count'],
    ['?filter={', 'filter'],
    ['?where=1', 'where'],
    ['?sort=name&offset=3', 'offset'],
  ])('refuses %s', async (search, path) => {
    const answer = await call('GET', `/api/v1/accounts${search}`);
    expect([answer.status, answer.json.errors]).toMatchObject([400, [{ path }]]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('answers 404 for what is no record type and 401 for whom nobody knows', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1/account', '/api/v1/__proto__', '/api/v1/nothing/1'])
      expect((await call('GET', path)).status).toBe(404);
    expect((await call('GET', '/api/v1/accounts', { headers: { 'x-test-user': '' } })).status).not.toBe(500);
  });

  it('describes types as their reader may know them', async () => {
    const { json } = await call('GET', '/api/v1/types');
    const deal = (json.data as { name: string; fields: { name: string }[]; can: object }[]).find(
      ({ name }) => name === 'deal',
    );
    expect(deal).toMatchObject({
      plural: 'deals',
      can: { create: 'all', read: 'all', update: 'all', delete: 'all' },
    });
    expect(deal?.fields.find(({ name }) => name === 'status')).toMatchObject({
      kind: 'choice',
      readOnly: true,
      options: ['open', 'won', 'lost'],
      filterable: true,
      omitted: false,
    });
    expect(deal?.fields.find(({ name }) => name === 'accountId')).toMatchObject({
      target: 'account',
      relation: 'account',
    });
  });
});

describe('OpenAPI', () => {
  it('shows a custom field as soon as it is there, and every operation has an id and its problems', async () => {
    const body = { type: 'deal', key: 'region', label: 'Region', kind: 'choice', options: ['EU'] };
    expect((await call('POST', '/api/v1/custom-fields', { body })).status).toBe(201);
    const { json, status } = await call('GET', '/api/openapi.json');
    expect([status, json.openapi]).toEqual([200, '3.1.0']);
    const text = JSON.stringify(json);
    expect(text).toContain('"region":{"type":["string","null"],"enum":["EU",null]');
    const operations = Object.values(
      json.paths as Record<string, Record<string, { operationId?: string; responses?: object }>>,
    ).flatMap((item) =>
      Object.entries(item)
        .filter(([method]) => method !== 'parameters')
        .map(([, operation]) => operation),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.every(Boolean)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'listDeals',
        'createDeal',
        'getDeal',
        'updateDeal',
        'deleteDeal',
        'restoreDeal',
        'listTypes',
        'getTimeline',
      ]),
    );
    for (const { responses } of operations) expect(JSON.stringify(responses)).toContain('Problem');
    const schemas = (json.components as { schemas: object }).schemas;
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(schemas).toHaveProperty(name ?? '');
  });

  it('serves its pages and their files from here, and no other file', async () => {
    const page = await call('GET', '/api/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    for (const [, file] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await call('GET', file ?? '')).status).toBe(200);
    for (const file of ['package.json', '..%2Fpackage.json', 'constructor', '%2e%2e'])
      expect((await call('GET', `/api/docs/${file}`)).status).toBe(404);
  });
});

describe('on a replica', () => {
  it('every write is answered 405 with what is allowed, and reads go on', async () => {
    const replica = await startEngineServer('replica');
    const id = '00000000-0000-7000-8000-000000000000';
    const writes = [
      ['POST', '/api/v1/accounts'],
      ['PATCH', `/api/v1/accounts/${id}`],
      ['DELETE', `/api/v1/accounts/${id}`],
      ['POST', `/api/v1/accounts/${id}/restore`],
      ['POST', '/api/v1/custom-fields'],
      ['PATCH', `/api/v1/custom-fields/${id}`],
      ['DELETE', `/api/v1/custom-fields/${id}`],
    ] as const;
    for (const [method, path] of writes) {
      const answer = await call(method, path, { body: { name: 'X' }, on: replica });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
    }
    await replica.database.admin.query(
      'INSERT INTO crm.account (id, created_at, updated_at, version) VALUES ($1, now(), now(), 1)',
      [id],
    );
    const list = await call('GET', '/api/v1/accounts?sort=-name&limit=1', { on: replica });
    expect(list.json).toMatchObject({ data: [{ id, name: null, kind: null }] });
    expect((await call('GET', '/api/v1/types', { on: replica })).text).toContain('"create":"none"');
    expect((await call('GET', '/api/v1/pipelines', { on: replica })).json.data).toEqual([]);
    await replica.stop();
  });
});
