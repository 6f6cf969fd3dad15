import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const eur = (amount: string) => ({ amount, currency: 'EUR' });
const usd = (amount: string) => ({ amount, currency: 'USD' });
const create = (type: string, input: object, ctx: RequestContext = engine.admin) =>
  engine.records.create(ctx, type, input);
const update = (type: string, id: unknown, patch: object, ctx: RequestContext = engine.admin) =>
  engine.records.update(ctx, type, String(id), patch, null);
const remove = (id: unknown) => engine.records.remove(engine.admin, 'dealLine', String(id));
const refusedAt = (path: string, message?: RegExp) => ({
  httpStatus: 400,
  errors: [{ path, ...(message ? { message: expect.stringMatching(message) as unknown } : {}) }],
});

async function newDeal(more: object = {}): Promise<string> {
  return String((await create('deal', { name: 'D', ...more }))['id']);
}
async function amountOf(deal: string): Promise<unknown> {
  return (await engine.records.get(engine.admin, 'deal', deal))['amount'];
}
const line = (dealId: string, unitPrice: object, more: object = {}) =>
  create('dealLine', { dealId, name: 'L', unitPrice, ...more });

describe('the lines of a deal', () => {
  it('have totals, and their sum is the amount of the deal', async () => {
    const deal = await newDeal({ amount: eur('5.00') });
    const first = await line(deal, eur('19.99'), { quantity: '3', discountPercent: '10' });
    expect(first).toMatchObject({ total: eur('53.97'), position: 1, quantity: '3' });
    expect(await amountOf(deal)).toEqual(eur('53.97'));
    const second = await line(deal, eur('0.01'));
    expect(second).toMatchObject({ position: 2, quantity: '1', discountPercent: '0' });
    expect(await amountOf(deal)).toEqual(eur('53.98'));
    await update('dealLine', first['id'], { quantity: '1', discountPercent: '0' });
    expect(await amountOf(deal)).toEqual(eur('20.00'));
    await remove(second['id']);
    expect(await amountOf(deal)).toEqual(eur('19.99'));
    await engine.records.restore(engine.admin, 'dealLine', String(second['id']));
    expect(await amountOf(deal)).toEqual(eur('20.00'));
  });

  it('take name and price from their product, as far as the writer may see them', async () => {
    const product = await create('product', { name: 'GTX Pro', price: usd('4821.00') });
    const named = { dealId: await newDeal(), productId: product['id'] };
    expect(await create('dealLine', named)).toMatchObject({ name: 'GTX Pro', total: usd('4821.00') });
    const blind = await engine.person({ hidden: { product: new Set(['price']) } });
    await expect(create('dealLine', named, blind)).rejects.toMatchObject(refusedAt('unitPrice', /required/));
    expect(await create('dealLine', { ...named, unitPrice: usd('1.00') }, blind)).toMatchObject({
      name: 'GTX Pro',
      total: usd('1.00'),
    });
  });

  it('make the amount read-only while there are any, and leave it behind', async () => {
    const deal = await newDeal();
    const { id } = await line(deal, eur('10.00'));
    await expect(update('deal', deal, { amount: eur('11.00') })).rejects.toMatchObject(
      refusedAt('amount', /sum of the lines/),
    );
    // what does not change is no change: forms send back what they were given
    expect(await update('deal', deal, { amount: eur('10.00'), name: 'E' })).toMatchObject({ name: 'E' });
    await remove(id);
    expect(await amountOf(deal)).toEqual(eur('10.00'));
    expect(await update('deal', deal, { amount: eur('11.00') })).toMatchObject({ amount: eur('11.00') });
  });

  it('are in one currency, which a line alone may change', async () => {
    const deal = await newDeal();
    const first = await line(deal, eur('10.00'));
    await expect(line(deal, usd('1.00'))).rejects.toMatchObject(refusedAt('unitPrice', /EUR/));
    const both = [
      { dealId: deal, name: 'A', unitPrice: eur('1.00') },
      { dealId: deal, name: 'B', unitPrice: usd('1.00') },
    ];
    const made = await engine.records.createMany(engine.admin, 'dealLine', both);
    expect(made.refused).toMatchObject([{ index: 1, errors: [{ path: 'unitPrice' }] }]);
    await remove(made.ids[0]);
    expect(await update('dealLine', first['id'], { unitPrice: usd('2.00') })).toMatchObject({
      total: usd('2.00'),
    });
    expect(await amountOf(deal)).toEqual(usd('2.00'));
    await expect(engine.records.restore(engine.admin, 'dealLine', String(made.ids[0]))).rejects.toMatchObject(
      {
        code: 'currency_differs',
      },
    );
    expect(await amountOf(deal)).toEqual(usd('2.00'));
  });

  it('refuse what makes no sense or no sum', async () => {
    const deal = await newDeal();
    await expect(line(deal, eur('1.00'), { quantity: '0' })).rejects.toMatchObject(refusedAt('quantity'));
    await expect(line(deal, eur('1.00'), { quantity: '-1' })).rejects.toMatchObject(refusedAt('quantity'));
    await expect(line(deal, eur('-1.00'))).rejects.toMatchObject(refusedAt('unitPrice'));
    await expect(line(deal, eur('1.00'), { discountPercent: '100.01' })).rejects.toMatchObject(
      refusedAt('discountPercent'),
    );
    await expect(line(deal, eur('1.00'), { total: eur('9.00') })).rejects.toMatchObject(refusedAt('total'));
    await line(deal, eur('9999999999999999.00'));
    await expect(line(deal, eur('1.00'))).rejects.toMatchObject(refusedAt('unitPrice', /too large/));
    const other = await newDeal();
    const { id } = await line(other, eur('1.00'));
    await expect(update('dealLine', id, { dealId: deal })).rejects.toMatchObject(refusedAt('dealId'));
  });

  it('are written in the name of the person who changed the line, though the amount is closed to him', async () => {
    const person = await engine.person({ readOnly: { deal: new Set(['amount']) } });
    const deal = String((await create('deal', { name: 'D' }, person))['id']);
    await create('dealLine', { dealId: deal, name: 'L', unitPrice: eur('3.00') }, person);
    expect(await amountOf(deal)).toEqual(eur('3.00'));
    const [entry] = await engine.audit.history(engine.dataSource, 'deal', deal, { limit: 1 });
    expect(entry).toMatchObject({
      action: 'update',
      actorId: person.principal.userId,
      fieldNames: ['amount'],
      after: { amount: eur('3.00') },
    });
  });
});

describe('the rights of lines', () => {
  it('are those of the deal', async () => {
    const own = await engine.person({ level: (type) => (type === 'deal' ? 'own' : 'none') });
    const reader = await engine.person({ level: (_type, action) => (action === 'read' ? 'all' : 'none') });
    const mine = String((await create('deal', { name: 'Mine' }, own))['id']);
    const other = await newDeal();
    const made = await create('dealLine', { dealId: mine, name: 'L', unitPrice: eur('1.00') }, own);
    const foreign = await line(other, eur('1.00'));
    const seen = async (ctx: RequestContext) =>
      (
        await engine.records.list(ctx, 'dealLine', {
          filter: { field: 'dealId', op: 'in', value: [mine, other] },
        })
      ).data.map(({ id }) => id);
    expect(await seen(own)).toEqual([made['id']]);
    expect(await seen(reader)).toHaveLength(2);
    const unseen = { dealId: other, name: 'L', unitPrice: eur('1.00') };
    await expect(create('dealLine', unseen, own)).rejects.toMatchObject(refusedAt('dealId'));
    await expect(update('dealLine', foreign['id'], { name: 'X' }, own)).rejects.toMatchObject({
      httpStatus: 404,
    });
    await expect(update('dealLine', foreign['id'], { name: 'X' }, reader)).rejects.toMatchObject({
      httpStatus: 403,
    });
    await expect(create('dealLine', unseen, reader)).rejects.toMatchObject({ httpStatus: 403 });
    await engine.records.remove(engine.admin, 'deal', mine);
    expect(await seen(own)).toEqual([]);
    await engine.records.restore(engine.admin, 'deal', mine);
    expect(await seen(own)).toEqual([made['id']]);
  });
});

/** Small and the same in every run. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}

describe('many people at one deal', () => {
  it('always leave the sum of the lines as its amount', async () => {
    const dice = random(42);
    const roll = (sides: number) => dice.next().value % sides;
    const deals = await Promise.all([newDeal(), newDeal(), newDeal()]);
    const ids: unknown[] = [];
    const act = async (): Promise<void> => {
      const deal = deals[roll(deals.length)] ?? '';
      const price = eur(`${String(roll(1000))}.${String(roll(100)).padStart(2, '0')}`);
      const at = ids.length > 0 ? roll(ids.length) : 0;
      const kind = ids.length < 4 ? 0 : roll(4);
      if (kind <= 1) ids.push((await line(deal, price, { quantity: String(1 + roll(9)) }))['id']);
      else if (kind === 2)
        await update('dealLine', ids[at], { unitPrice: price, discountPercent: String(roll(101)) });
      else await remove(ids.splice(at, 1)[0]);
    };
    for (let round = 0; round < 12; round++) {
      // somebody else may have removed the line that one is about to change
      const results = await Promise.allSettled(Array.from({ length: 8 }, act));
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ httpStatus: 404 });
    }
    const { rows } = await engine.database.admin.query<{ fits: boolean; lines: string }>(
      `SELECT d.amount = sum(l.total) AS fits, count(*) AS lines FROM crm.deal d
       JOIN crm.deal_line l ON l.deal_id = d.id AND l.deleted_at IS NULL WHERE d.id = ANY($1) GROUP BY d.id`,
      [deals],
    );
    expect(rows.map(({ fits }) => fits)).toEqual([true, true, true]);
  });
});
