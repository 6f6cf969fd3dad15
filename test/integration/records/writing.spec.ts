import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withTransaction } from '../../../src/platform/database/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const create = (type: string, input: object) => engine.records.create(engine.admin, type, input);
const paths = (error: unknown) =>
  ((error as { errors?: { path: string }[] }).errors ?? []).map(({ path }) => path);
const failure = async (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('writing records', () => {
  it('stores every kind of value and answers it as it was meant', async () => {
    const account = await create('account', {
      name: '  Acme\u0301  ',
      website: 'https://acme.example',
      phone: '+49 30 1234567',
      revenue: { amount: '1054', currency: 'USD' },
      employees: 12,
      description: 'first\r\nsecond',
    });
    expect(account).toMatchObject({
      name: 'Acmé',
      kind: 'customer',
      revenue: { amount: '1054.00', currency: 'USD' },
      employees: 12,
      description: 'first\nsecond',
      version: 1,
      ownerId: null,
      custom: {},
    });
    expect(account['createdAt']).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(account).not.toHaveProperty('deletedAt');
    expect(await engine.records.get(engine.admin, 'account', String(account['id']))).toEqual(account);
  });

  it('keeps money exact: many digits, three-digit currencies, none at all', async () => {
    for (const [amount, currency, answer] of [
      ['9999999999999999.9999', 'USD', '9999999999999999.9999'],
      ['0.1', 'KWD', '0.100'],
      ['1000', 'JPY', '1000'],
    ] as const) {
      const { price } = await create('product', { name: 'P', price: { amount, currency } });
      expect(price).toEqual({ amount: answer, currency });
    }
    expect((await create('product', { name: 'P', price: null }))['price']).toBeNull();
  });

  it('names every wrong member by its path and writes nothing', async () => {
    const before = await engine.records.count(engine.admin, 'contact');
    const error = await failure(
      create('contact', {
        lastName: 'x'.repeat(81),
        email: 'nobody',
        accountId: 'abc',
        version: 7,
        nme: 'Ada',
        custom: { nothing: 1 },
        phone: undefined,
      }),
    );
    expect(error).toMatchObject({ httpStatus: 400, code: 'invalid_input' });
    expect(paths(error).sort()).toEqual(
      ['accountId', 'custom.nothing', 'email', 'lastName', 'nme', 'phone', 'version'].sort(),
    );
    expect(paths(await failure(create('contact', { firstName: 'Ada' })))).toEqual(['lastName']);
    for (const input of [null, undefined, [], 'x', 3])
      expect(await failure(create('contact', input as never))).toMatchObject({ httpStatus: 400 });
    expect(await engine.records.count(engine.admin, 'contact')).toEqual(before);
  });

  it('refuses a reference to a record that is missing, removed or out of sight', async () => {
    const blind = await engine.person({ level: (type) => (type === 'account' ? 'own' : 'all') });
    const account = await create('account', { name: 'Hidden' });
    const gone = await create('account', { name: 'Gone' });
    await engine.records.remove(engine.admin, 'account', String(gone['id']));
    const write = (ctx: typeof blind, accountId: unknown) =>
      failure(engine.records.create(ctx, 'contact', { lastName: 'Lovelace', accountId }));
    for (const id of [randomUUID(), gone['id']])
      expect(paths(await write(engine.admin, id))).toEqual(['accountId']);
    expect(paths(await write(blind, account['id']))).toEqual(['accountId']);
    expect(await write(engine.admin, account['id'])).toBeNull();
  });

  it('lets one of two writers with the same version win and shows the loser what is there', async () => {
    const { id } = await create('account', { name: 'Once' });
    const update = (name: string) => engine.records.update(engine.admin, 'account', String(id), { name }, 1);
    const results = await Promise.allSettled([update('A'), update('B'), update('C'), update('D')]);
    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    const stored = await engine.records.get(engine.admin, 'account', String(id));
    expect(stored['version']).toBe(2);
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ httpStatus: 412, extensions: { current: stored } });
  });

  it('does not raise the version where nothing changes', async () => {
    const made = await create('account', { name: 'Same', revenue: { amount: '5', currency: 'EUR' } });
    const patch = { name: 'Same', revenue: { amount: '5.000', currency: 'EUR' } };
    expect(await engine.records.update(engine.admin, 'account', String(made['id']), patch, 1)).toEqual(made);
  });

  it('touches nothing without a proper id', async () => {
    await create('account', { name: 'Bystander' });
    for (const id of [undefined, null, {}, '', '*', 'x'.repeat(5000), "' OR 1=1 --"] as unknown as string[]) {
      expect(await failure(engine.records.get(engine.admin, 'account', id))).toMatchObject({
        httpStatus: 404,
      });
      expect(
        await failure(engine.records.update(engine.admin, 'account', id, { name: 'X' }, null)),
      ).toMatchObject({
        httpStatus: 404,
      });
      expect(await failure(engine.records.remove(engine.admin, 'account', id))).toMatchObject({
        httpStatus: 404,
      });
    }
    const { rows } = await engine.database.admin.query(
      "SELECT 1 FROM crm.account WHERE name = 'X' OR deleted_at > now() - interval '1 s' AND name = 'Bystander'",
    );
    expect(rows).toEqual([]);
  });

  it('keeps a removed record out of everything until it is restored', async () => {
    const { id } = await create('contact', { lastName: 'Binned', externalId: 'bin-1' });
    await engine.records.remove(engine.admin, 'contact', String(id), 1);
    expect(await failure(engine.records.get(engine.admin, 'contact', String(id)))).toMatchObject({
      httpStatus: 404,
    });
    const filter = { field: 'lastName', op: 'eq', value: 'Binned' };
    expect((await engine.records.list(engine.admin, 'contact', { filter })).data).toEqual([]);
    expect(await failure(engine.records.remove(engine.admin, 'contact', String(id)))).toMatchObject({
      httpStatus: 404,
    });
    expect(await engine.records.restore(engine.admin, 'contact', String(id))).toMatchObject({
      id,
      version: 3,
    });
    expect((await engine.records.list(engine.admin, 'contact', { filter })).data).toHaveLength(1);
  });

  it('answers 409 when a restored or new record would take a unique value twice', async () => {
    const { id } = await create('contact', { lastName: 'First', externalId: 'twice' });
    await engine.records.remove(engine.admin, 'contact', String(id));
    await create('contact', { lastName: 'Second', externalId: 'twice' });
    const expected = { httpStatus: 409, code: 'duplicate', errors: [{ path: 'externalId' }] };
    expect(await failure(engine.records.restore(engine.admin, 'contact', String(id)))).toMatchObject(
      expected,
    );
    expect(await failure(create('contact', { lastName: 'Third', externalId: 'twice' }))).toMatchObject(
      expected,
    );
  });

  it('lets a person who may write only his own write nothing else', async () => {
    const seller = await engine.person({ level: (_type, action) => (action === 'read' ? 'all' : 'own') });
    const other = await engine.person();
    const own = await engine.records.create(seller, 'account', { name: 'Mine' });
    expect(own['ownerId']).toBe(seller.principal.userId);
    const foreign = await engine.records.create(other, 'account', { name: 'Theirs' });
    const input = { name: 'X', ownerId: other.principal.userId };
    expect(paths(await failure(engine.records.create(seller, 'account', input)))).toEqual(['ownerId']);
    const id = String(foreign['id']);
    expect(await failure(engine.records.update(seller, 'account', id, { name: 'X' }, 1))).toMatchObject({
      httpStatus: 403,
    });
    expect(await failure(engine.records.remove(seller, 'account', id))).toMatchObject({ httpStatus: 403 });
    const blind = await engine.person({ level: () => 'own' });
    expect(await failure(engine.records.update(blind, 'account', id, { name: 'X' }, 1))).toMatchObject({
      httpStatus: 404,
    });
    const nobody = await engine.person({ level: () => 'none' });
    expect(await failure(engine.records.create(nobody, 'account', { name: 'X' }))).toMatchObject({
      httpStatus: 403,
    });
  });

  it('refuses hidden and read-only fields in input, and keeps hidden values through a write', async () => {
    const clerk = await engine.person({
      hidden: { account: new Set(['revenue']) },
      readOnly: { account: new Set(['sector']) },
    });
    const made = await create('account', { name: 'Guarded', revenue: { amount: '7', currency: 'EUR' } });
    const id = String(made['id']);
    const patch = { revenue: null, sector: 'x' };
    const error = await failure(engine.records.update(clerk, 'account', id, patch, 1));
    expect(paths(error).sort()).toEqual(['revenue', 'sector']);
    const updated = await engine.records.update(clerk, 'account', id, { name: 'Renamed' }, 1);
    expect(updated).not.toHaveProperty('revenue');
    expect(await engine.records.get(engine.admin, 'account', id)).toMatchObject({
      name: 'Renamed',
      revenue: { amount: '7.00', currency: 'EUR' },
    });
  });

  it('creates the right ones of a batch and says what is wrong with the others', async () => {
    await create('contact', { lastName: 'There', externalId: 'batch-1' });
    const result = await engine.records.createMany(engine.admin, 'contact', [
      { lastName: 'Fine' },
      { lastName: 'Taken', externalId: 'batch-1' },
      { firstName: 'Nameless' },
      { lastName: 'New', externalId: 'batch-2' },
      { lastName: 'Double', externalId: 'batch-2' },
    ]);
    expect(result.ids.map((id) => id !== null)).toEqual([true, false, false, true, false]);
    expect(result.refused.map(({ index, errors }) => [index, errors[0]?.path])).toEqual([
      [1, 'externalId'],
      [2, 'lastName'],
      [4, 'externalId'],
    ]);
  });

  it('writes within the transaction it is given and leaves nothing when that is rolled back', async () => {
    const before = await engine.database.admin.query('SELECT count(*)::int AS n FROM audit.leaf');
    await expect(
      withTransaction(engine.dataSource, async (tx) => {
        const { id } = await engine.records.create(engine.admin, 'account', { name: 'Never' }, { tx });
        await engine.records.update(engine.admin, 'account', String(id), { name: 'Ever' }, 1, { tx });
        throw new RangeError('stop');
      }),
    ).rejects.toThrow('stop');
    const { rows } = await engine.database.admin.query(
      "SELECT 1 FROM crm.account WHERE name IN ('Never', 'Ever')",
    );
    expect(rows).toEqual([]);
    expect((await engine.database.admin.query('SELECT count(*)::int AS n FROM audit.leaf')).rows).toEqual(
      before.rows,
    );
  });
});
