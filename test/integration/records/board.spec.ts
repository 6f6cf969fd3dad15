import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BoardService } from '../../../src/crm/board/index.js';
import type { RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let salesId: string;
beforeAll(async () => {
  engine = await startEngine();
  salesId = String((await engine.records.list(engine.admin, 'pipeline')).data[0]?.['id']);
});
afterAll(() => engine.stop());

const create = (type: string, input: object, ctx: RequestContext = engine.admin) =>
  engine.records.create(ctx, type, input);
const board = (query: { filter?: unknown; limit?: number } = {}, ctx: RequestContext = engine.admin) =>
  engine.context.get(BoardService).board(ctx, { limit: 20, ...query });
const eur = (amount: string) => ({ amount, currency: 'EUR' });

describe('the board of a pipeline', () => {
  it('counts and sums each stage per currency, and shows cards with what a card needs', async () => {
    const me = await engine.person();
    const account = await create('account', { name: 'Acme' });
    const filter = { field: 'accountId', op: 'eq', value: account['id'] };
    const deal = { accountId: account['id'], ownerId: me.principal.userId };
    const late = await create('deal', {
      ...deal,
      name: 'Late',
      amount: eur('100.00'),
      closeDate: '2027-01-01',
    });
    const early = await create('deal', {
      ...deal,
      name: 'Early',
      amount: eur('0.05'),
      closeDate: '2026-01-01',
    });
    await create('deal', { ...deal, name: 'Bare' });
    await create('deal', { ...deal, name: 'US', amount: { amount: '7.00', currency: 'USD' }, stage: 'won' });
    const todo = { dealId: early['id'], kind: 'task' };
    await create('activity', { ...todo, subject: 'Later', dueAt: '2027-02-01T10:00:00Z' });
    const next = await create('activity', {
      ...todo,
      subject: 'Call',
      kind: 'call',
      dueAt: '2027-01-01T10:00:00Z',
    });
    await create('activity', { ...todo, subject: 'Done', done: true, dueAt: '2026-01-01T10:00:00Z' });
    await create('activity', { ...todo, kind: 'note', subject: 'Note' });
    const { pipeline, stages } = await board({ filter });
    expect(pipeline).toEqual({ id: salesId, name: 'Sales' });
    expect(stages.map(({ key, count }) => [key, count])).toEqual([
      ['prospecting', 3],
      ['engaging', 0],
      ['won', 1],
      ['lost', 0],
    ]);
    const [first, , won] = stages;
    expect(first).toMatchObject({ sums: [eur('100.05')], weighted: [eur('10.01')], countCapped: false });
    expect(won).toMatchObject({ sums: [{ amount: '7.00', currency: 'USD' }], sort: '-closeDate' });
    expect(first?.cards.map(({ name }) => name)).toEqual(['Early', 'Late', 'Bare']);
    expect(first?.cards[0]).toMatchObject({
      account: { id: account['id'], title: 'Acme' },
      owner: { id: me.principal.userId, title: me.principal.name },
      amount: eur('0.05'),
      weightedAmount: eur('0.01'),
      daysInStage: 0,
      nextActivity: { id: next['id'], kind: 'call', subject: 'Call', dueAt: '2027-01-01T10:00:00.000Z' },
    });
    expect(first?.cards[1]).toMatchObject({ id: late['id'], nextActivity: null });
    expect(first?.cards[2]).toMatchObject({ amount: null, weightedAmount: null });
  });

  it('knows since when a deal stands in its stage, and nothing else moves that', async () => {
    const made = await create('deal', { name: 'D' });
    const update = (patch: object) =>
      engine.records.update(engine.admin, 'deal', String(made['id']), patch, null);
    expect((await update({ name: 'E' }))['stageSince']).toBe(made['stageSince']);
    const moved = await update({ stage: 'engaging' });
    expect(String(moved['stageSince']) > String(made['stageSince'])).toBe(true);
  });

  it('shows nobody more than a list would', async () => {
    const own = await engine.person({
      level: (type) => (type === 'deal' ? 'own' : type === 'activity' ? 'none' : 'all'),
    });
    const mine = await create('deal', { name: 'Mine', amount: eur('3.00') }, own);
    await create('activity', { kind: 'task', subject: 'Unseen', dealId: mine['id'] });
    const seen = (await board({}, own)).stages;
    expect(seen[0]).toMatchObject({ count: 1, sums: [eur('3.00')] });
    expect(seen[0]?.cards).toMatchObject([{ id: mine['id'], nextActivity: null }]);
    const blind = await engine.person({ hidden: { deal: new Set(['amount', 'closeDate', 'accountId']) } });
    const [column] = (await board({}, blind)).stages;
    expect(column).toMatchObject({ sums: [], weighted: [], sort: '-createdAt' });
    expect(Object.keys(column?.cards[0] ?? {})).not.toEqual(expect.arrayContaining(['amount']));
    const none = await engine.person({ level: (type) => (type === 'deal' ? 'none' : 'all') });
    await expect(board({}, none)).rejects.toMatchObject({ httpStatus: 403 });
  });

  it('tells problems of the filter by the path that the caller knows', async () => {
    const filter = { and: [{ field: 'nowhere', op: 'eq', value: 1 }] };
    await expect(board({ filter })).rejects.toMatchObject({
      httpStatus: 400,
      errors: [{ path: 'filter.and[0].field' }],
    });
  });
});

describe('the board of a hundred thousand deals', () => {
  beforeAll(async () => {
    await engine.database.admin.query(
      `INSERT INTO crm.deal (id, created_at, updated_at, version, name, pipeline_id, stage, status, stage_since, amount,
         amount_currency, probability, close_date)
       SELECT gen_random_uuid(), now(), now(), 1, 'Deal ' || n, $1, s.key, s.status, now(), (n % 5000) + 0.25, 'EUR',
         s.probability, date '2020-01-01' + (n * 7919 % 3000)
       FROM generate_series(1, 100000) n
       JOIN (SELECT row_number() OVER (ORDER BY position) AS place, * FROM crm.stage WHERE pipeline_id = $1) s
         ON s.place = 1 + n % 4`,
      [salesId],
    );
    await engine.database.admin.query('VACUUM ANALYZE crm.deal');
  }, 60_000);

  it('says what PostgreSQL says when it looks at every row', async () => {
    const { rows } = await engine.database.admin.query<{ stage: string; count: string; sum: string }>(
      `SELECT stage, count(*) AS count, sum(amount) FILTER (WHERE amount_currency = 'EUR') AS sum FROM crm.deal
       WHERE deleted_at IS NULL AND pipeline_id = $1 GROUP BY stage`,
      [salesId],
    );
    const { stages } = await board();
    for (const { stage, count, sum } of rows) {
      const column = stages.find(({ key }) => key === stage);
      expect(column?.count).toBe(Number(count));
      const euros = column?.sums.find(({ currency }) => currency === 'EUR');
      expect(Number(euros?.amount)).toBe(Number(sum));
    }
  });

  it('goes on in a column where the board stopped, without a gap and without a card twice', async () => {
    const { stages } = await board({ limit: 30 });
    for (const { key, sort, cards, nextCursor } of stages) {
      const filter = {
        and: [
          { field: 'pipelineId', op: 'eq', value: salesId },
          { field: 'stage', op: 'eq', value: key },
        ],
      };
      const whole = await engine.records.list(engine.admin, 'deal', { filter, sort, limit: 60, fields: [] });
      const rest = await engine.records.list(engine.admin, 'deal', {
        ...{ filter, sort, limit: 30, fields: [] },
        cursor: String(nextCursor),
      });
      const shown = [...cards.map(({ id }) => id), ...rest.data.map(({ id }) => id)];
      expect(shown).toEqual(whole.data.map(({ id }) => id));
    }
  });

  it('is there in less than half a second', async () => {
    await board();
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const start = performance.now();
      await board();
      times.push(performance.now() - start);
    }
    // tens of milliseconds on an idle machine; without the index it is several times the limit under load
    expect(Math.min(...times)).toBeLessThan(500);
  });
});
