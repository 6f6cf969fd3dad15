import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordData, RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let seller: RequestContext;

beforeAll(async () => {
  engine = await startEngine();
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'region',
    label: 'Region',
    kind: 'text',
  });
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'score',
    label: 'Score',
    kind: 'decimal',
  });
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'since',
    label: 'Since',
    kind: 'date',
  });
  await engine.customFields.create(engine.admin, {
    type: 'account',
    key: 'vip',
    label: 'VIP',
    kind: 'boolean',
  });
  seller = await engine.person({
    level: () => 'own',
    hidden: { account: new Set(['revenue', 'custom.score']), contact: new Set(['email']) },
  });
  const money = (amount: string, currency = 'USD') => ({ amount, currency });
  const rows = [
    {
      name: 'Alpha',
      sector: 'medical',
      employees: 10,
      revenue: money('100'),
      custom: { region: 'EU', score: '1.5', since: '2020-01-01', vip: true },
    },
    {
      name: 'beta 50%',
      sector: 'retail',
      employees: 20,
      revenue: money('99.5'),
      custom: { region: 'US', score: '10' },
    },
    {
      name: 'Gamma_x',
      sector: null,
      employees: null,
      revenue: money('100', 'EUR'),
      custom: { vip: false, since: '2021-06-30' },
    },
    { name: 'Delta', sector: 'retail', employees: 30, revenue: null, custom: {} },
  ];
  const { ids } = await engine.records.createMany(engine.admin, 'account', rows);
  await engine.records.createMany(engine.admin, 'contact', [
    { lastName: 'Of Alpha', accountId: ids[0], email: 'a@example.com' },
    { lastName: 'Of Beta', accountId: ids[1] },
    { lastName: 'Of Gamma', accountId: ids[2] },
    { lastName: 'Of nobody' },
  ]);
});
afterAll(() => engine.stop());

const leaf = (field: string, op: string, value?: unknown) => ({
  field,
  op,
  ...(value === undefined ? {} : { value }),
});
const names = (records: readonly RecordData[], field = 'name') => records.map((record) => record[field]);

async function matching(filter: unknown, type = 'account', ctx: RequestContext = engine.admin) {
  const { data } = await engine.records.list(ctx, type, {
    filter,
    sort: type === 'account' ? 'createdAt,name' : 'lastName',
  });
  return names(data, type === 'account' ? 'name' : 'lastName').sort();
}

const all = ['Alpha', 'Delta', 'Gamma_x', 'beta 50%'];

describe('filters', () => {
  it.each([
    [leaf('name', 'eq', 'Alpha'), ['Alpha']],
    [leaf('sector', 'neq', 'medical'), ['Delta', 'Gamma_x', 'beta 50%']],
    [leaf('sector', 'in', ['medical', 'other']), ['Alpha']],
    [leaf('sector', 'notIn', ['medical']), ['Delta', 'Gamma_x', 'beta 50%']],
    [leaf('sector', 'empty'), ['Gamma_x']],
    [leaf('sector', 'notEmpty'), ['Alpha', 'Delta', 'beta 50%']],
    [leaf('employees', 'lt', 20), ['Alpha']],
    [leaf('employees', 'lte', 20), ['Alpha', 'beta 50%']],
    [leaf('employees', 'gt', 20), ['Delta']],
    [leaf('employees', 'gte', 20), ['Delta', 'beta 50%']],
    [leaf('employees', 'between', [10, 20]), ['Alpha', 'beta 50%']],
    [leaf('name', 'contains', '50%'), ['beta 50%']],
    [leaf('name', 'contains', '%'), ['beta 50%']],
    [leaf('name', 'contains', '_'), ['Gamma_x']],
    [leaf('name', 'contains', 'ALPH'), ['Alpha']],
    [leaf('name', 'startsWith', 'BETA'), ['beta 50%']],
    [leaf('revenue', 'gte', '99.6'), ['Alpha', 'Gamma_x']],
    [leaf('revenue', 'eq', { amount: '100.00', currency: 'EUR' }), ['Gamma_x']],
    [leaf('revenue', 'neq', { amount: '100', currency: 'EUR' }), ['Alpha', 'Delta', 'beta 50%']],
    [leaf('revenue', 'empty'), ['Delta']],
    [leaf('custom.region', 'eq', 'EU'), ['Alpha']],
    [leaf('custom.region', 'neq', 'EU'), ['Delta', 'Gamma_x', 'beta 50%']],
    [leaf('custom.region', 'empty'), ['Delta', 'Gamma_x']],
    [leaf('custom.score', 'gt', '2'), ['beta 50%']],
    [leaf('custom.since', 'lt', '2021-01-01'), ['Alpha']],
    [leaf('custom.vip', 'eq', false), ['Gamma_x']],
    [leaf('custom.vip', 'neq', true), ['Delta', 'Gamma_x', 'beta 50%']],
    [{ not: leaf('sector', 'eq', 'medical') }, ['Delta', 'Gamma_x', 'beta 50%']],
    [{ not: { not: leaf('employees', 'gt', 15) } }, ['Delta', 'beta 50%']],
    [{ and: [leaf('sector', 'eq', 'retail'), leaf('employees', 'gt', 20)] }, ['Delta']],
    [{ or: [leaf('sector', 'empty'), leaf('name', 'eq', 'Alpha')] }, ['Alpha', 'Gamma_x']],
  ])('%j finds the right records', async (filter, expected) => {
    expect(await matching(filter)).toEqual(expected);
  });

  it.each([
    [leaf('account.sector', 'eq', 'medical'), ['Of Alpha']],
    [leaf('account.sector', 'neq', 'medical'), ['Of Beta', 'Of Gamma', 'Of nobody']],
    [leaf('account.sector', 'notIn', ['retail', 'medical']), ['Of Gamma', 'Of nobody']],
    [leaf('account.sector', 'empty'), ['Of Gamma', 'Of nobody']],
    [leaf('account.custom.region', 'eq', 'US'), ['Of Beta']],
    [leaf('accountId', 'empty'), ['Of nobody']],
  ])('%j follows one reference', async (filter, expected) => {
    expect(await matching(filter, 'contact')).toEqual(expected);
  });

  it('sees through a reference only what its reader may see', async () => {
    const reader = await engine.person({ level: (type) => (type === 'account' ? 'own' : 'all') });
    expect(await matching(leaf('account.sector', 'eq', 'medical'), 'contact', reader)).toEqual([]);
    expect(await matching(leaf('account.sector', 'empty'), 'contact', reader)).toHaveLength(4);
    const page = await engine.records.list(reader, 'contact', {
      expand: ['accountId'],
      filter: leaf('accountId', 'notEmpty'),
    });
    for (const contact of page.data)
      expect(contact['account']).toEqual({ id: contact['accountId'], title: null });
  });

  it('adds titles of references to those who may see them', async () => {
    const page = await engine.records.list(engine.admin, 'contact', {
      expand: ['accountId', 'ownerId'],
      sort: 'lastName',
      limit: 1,
    });
    expect(page.data[0]).toMatchObject({
      account: { id: page.data[0]?.['accountId'], title: 'Alpha' },
      owner: null,
    });
  });

  it('finds by every word of a search, in capitals or not, with no meaning in % and _', async () => {
    const search = async (q: string) =>
      names((await engine.records.list(engine.admin, 'account', { q, sort: 'name' })).data);
    expect(await search('ALPHA')).toEqual(['Alpha']);
    expect(await search('50% bet')).toEqual(['beta 50%']);
    expect(await search('_')).toEqual(['Gamma_x']);
    expect(await search('alpha beta')).toEqual([]);
    expect((await search('  ')).sort()).toEqual(all);
  });
});

describe('what a person may not see', () => {
  const refused = { httpStatus: 400, code: 'invalid_input' };

  it.each([
    [{ filter: leaf('revenue', 'gt', '1') }, 'filter.field'],
    [{ filter: { and: [leaf('custom.score', 'empty')] } }, 'filter.and[0].field'],
    [{ sort: '-revenue' }, 'sort'],
    [{ sort: 'custom.score' }, 'sort'],
    [{ fields: ['name', 'revenue'] }, 'fields'],
    [{ fields: ['custom.score'] }, 'fields'],
  ])('%j is refused like a field that never was', async (query, path) => {
    const work = engine.records.list(seller, 'account', query);
    await expect(work).rejects.toMatchObject({ ...refused, errors: [{ path }] });
    const unknown = JSON.parse(
      JSON.stringify(query).replaceAll(/revenue|custom\.score/g, 'nonsense'),
    ) as object;
    const like = await engine.records.list(seller, 'account', unknown).catch((error: unknown) => error);
    const real = await work.catch((error: unknown) => error);
    const messages = (error: unknown) =>
      (error as { errors: { message: string }[] }).errors.map(({ message }) =>
        message.replace(/"[^"]*"/, '').replace(/; did you mean .*/, ''),
      );
    expect(messages(real)).toEqual(messages(like));
  });

  it('is neither answered, nor searched, nor reached through a reference', async () => {
    const own = await engine.records.create(seller, 'account', { name: 'Own', custom: { region: 'EU' } });
    expect(own).not.toHaveProperty('revenue');
    expect(own['custom']).toEqual({ region: 'EU', since: null, vip: null });
    await expect(
      engine.records.list(seller, 'contact', { filter: leaf('account.revenue', 'gt', '1') }),
    ).rejects.toMatchObject(refused);
    await engine.records.create(engine.admin, 'contact', {
      lastName: 'Seen',
      email: 'secret@example.com',
      ownerId: seller.principal.userId,
    });
    expect((await engine.records.list(seller, 'contact', { q: 'secret' })).data).toEqual([]);
    expect((await engine.records.list(seller, 'contact', { q: 'seen' })).data).toHaveLength(1);
  });

  it('is counted no more than it is listed', async () => {
    const page = await engine.records.list(seller, 'account', { count: 'capped' });
    expect(page.page.count).toBe(page.data.length);
    expect(names(page.data)).toEqual(['Own']);
    const nobody = await engine.person({ level: () => 'none' });
    await expect(engine.records.list(nobody, 'account', {})).rejects.toMatchObject({ httpStatus: 403 });
    await expect(engine.records.count(nobody, 'account')).rejects.toMatchObject({ httpStatus: 403 });
  });
});

describe('hostile queries', () => {
  const evil = [
    'name; DROP TABLE crm.account',
    'name" DESC, (SELECT 1)',
    '1',
    'pg_sleep(9)',
    "custom.x'||(SELECT 1)||'",
    'deleted_at',
    'deletedAt',
    '__proto__',
    'constructor',
    'custom.__proto__',
    '',
  ];

  it.each(evil)('%j is no field', async (name) => {
    const tries = [
      { sort: name },
      { sort: `-${name}` },
      { fields: [name] },
      { filter: leaf(name, 'eq', 'x') },
      { filter: leaf(`owner.${name}`, 'eq', 'x') },
      { expand: [name] },
    ];
    for (const query of tries)
      await expect(engine.records.list(engine.admin, 'account', query)).rejects.toMatchObject({
        httpStatus: 400,
      });
  });

  it.each([
    null,
    [],
    {},
    'x',
    7,
    true,
    { and: [] },
    { and: {} },
    { or: [null] },
    { not: null },
    { and: [], or: [] },
    { field: 'name' },
    { op: 'eq', value: 'x' },
    { field: {}, op: 'eq', value: 1 },
    leaf('name', 'eq', null),
    leaf('name', 'eq', {}),
    leaf('name', 'eq', ''),
    leaf('name', 'in', []),
    leaf('name', 'in', 'x'),
    leaf('name', 'like', '%'),
    leaf('name', 'toString', 1),
    leaf('employees', 'eq', '1 OR 1=1'),
    leaf('employees', 'between', [1]),
    leaf('ownerId', 'eq', "' OR ''='"),
    leaf('createdAt', 'gt', 'now()'),
    leaf('employees', 'contains', 'x'),
    leaf('name', 'contains', 'a\0b'),
    { field: 'name', op: 'eq', value: 'x', sql: '1' },
    leaf('owner.owner.name', 'eq', 'x'),
    { and: Array.from({ length: 101 }, () => leaf('name', 'eq', 'x')) },
    { and: Array.from({ length: 60 }, () => ({ or: [leaf('name', 'eq', 'x'), leaf('name', 'eq', 'y')] })) },
  ])('the filter %j is refused with its path', async (filter) => {
    const error: unknown = await engine.records
      .list(engine.admin, 'account', { filter })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ httpStatus: 400, code: 'invalid_input' });
    expect((error as { errors: { path: string }[] }).errors[0]?.path).toMatch(/^filter/);
  });

  it('a filter eleven levels deep is refused, one of ten is not', async () => {
    const nest = (levels: number): unknown =>
      levels === 1 ? leaf('name', 'eq', 'Alpha') : { not: nest(levels - 1) };
    await expect(engine.records.list(engine.admin, 'account', { filter: nest(11) })).rejects.toMatchObject({
      httpStatus: 400,
    });
    await expect(engine.records.list(engine.admin, 'account', { filter: nest(9) })).resolves.toMatchObject({
      data: [{ name: 'Alpha' }],
    });
    let deep: unknown = leaf('name', 'eq', 'x');
    for (let i = 0; i < 50_000; i++) deep = { and: [deep] };
    await expect(engine.records.list(engine.admin, 'account', { filter: deep })).rejects.toMatchObject({
      httpStatus: 400,
    });
  });

  it('a query that takes too long is stopped and asks for an index', async () => {
    const impatient = await startEngine({ beside: engine, statementTimeoutMs: 20 });
    await engine.database.admin.query(
      "INSERT INTO crm.activity (id, created_at, updated_at, kind, subject, done, body) SELECT gen_random_uuid(), now(), now(), 'note', 's', false, repeat(md5(n::text), 20) FROM generate_series(1, 30000) n",
    );
    const filter = { or: Array.from({ length: 20 }, (_, i) => leaf('body', 'contains', `zz${String(i)}`)) };
    await expect(impatient.records.list(engine.admin, 'activity', { filter })).rejects.toMatchObject({
      httpStatus: 503,
      code: 'needs_index',
    });
    await impatient.stop();
  });
});
