import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultPipelineSeeder } from '../../../src/crm/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let salesId: string;
beforeAll(async () => {
  engine = await startEngine();
  salesId = String((await engine.records.list(engine.admin, 'pipeline')).data[0]?.['id']);
});
afterAll(() => engine.stop());

const create = (type: string, input: object) => engine.records.create(engine.admin, type, input);
const update = (type: string, id: unknown, patch: object) =>
  engine.records.update(engine.admin, type, String(id), patch, null);
const today = () => new Date().toISOString().slice(0, 10);
const refusedAt = (path: string) => ({ httpStatus: 400, errors: [{ path }] });

describe('deals', () => {
  it('find a default pipeline with its four stages, made once whoever starts first', async () => {
    const others = await Promise.all([startEngine({ beside: engine }), startEngine({ beside: engine })]);
    await engine.context.get(DefaultPipelineSeeder).seed();
    const stages = await engine.records.list(engine.admin, 'stage', { sort: 'position' });
    expect(stages.data.map(({ key, status }) => [key, status])).toEqual([
      ['prospecting', 'open'],
      ['engaging', 'open'],
      ['won', 'won'],
      ['lost', 'lost'],
    ]);
    for (const other of others) await other.stop();
  });

  it('begin in the first stage of the default pipeline and take status and probability from it', async () => {
    expect(await create('deal', { name: 'D' })).toMatchObject({
      pipelineId: salesId,
      stage: 'prospecting',
      status: 'open',
      probability: 10,
      closeDate: null,
    });
  });

  it('follow their stage, keep a probability set by hand, and are dated when they close', async () => {
    const { id } = await create('deal', { name: 'D', stage: 'Engaging', probability: 77 });
    expect(await engine.records.get(engine.admin, 'deal', String(id))).toMatchObject({
      stage: 'engaging',
      probability: 77,
    });
    expect(await update('deal', id, { name: 'E' })).toMatchObject({ probability: 77 });
    expect(await update('deal', id, { stage: 'won' })).toMatchObject({
      status: 'won',
      probability: 100,
      closeDate: today(),
    });
    expect(await update('deal', id, { stage: 'lost', closeDate: '2020-02-29' })).toMatchObject({
      status: 'lost',
      probability: 0,
      closeDate: '2020-02-29',
    });
    expect(await create('deal', { name: 'D', stage: 'Won', closeDate: '2017-03-01' })).toMatchObject({
      status: 'won',
      closeDate: '2017-03-01',
    });
  });

  it('refuse a status of their own, a stage of another pipeline, and more than 100 percent', async () => {
    const other = await create('pipeline', { name: 'Renewals', key: 'renewals' });
    await create('stage', { pipelineId: other['id'], name: 'Due', key: 'due' });
    await expect(create('deal', { name: 'D', status: 'won' })).rejects.toMatchObject(refusedAt('status'));
    await expect(create('deal', { name: 'D', stage: 'due' })).rejects.toMatchObject(refusedAt('stage'));
    await expect(create('deal', { name: 'D', probability: 101 })).rejects.toMatchObject(
      refusedAt('probability'),
    );
    const { id } = await create('deal', { name: 'D', stage: 'engaging' });
    expect(await update('deal', id, { pipelineId: other['id'] })).toMatchObject({
      stage: 'due',
      status: 'open',
    });
  });

  it('hold the pipeline and the stage that they stand in', async () => {
    await create('deal', { name: 'D', stage: 'lost' });
    await expect(engine.records.remove(engine.admin, 'pipeline', salesId)).rejects.toMatchObject({
      httpStatus: 409,
    });
    const [lost] = (
      await engine.records.list(engine.admin, 'stage', { filter: { field: 'key', op: 'eq', value: 'lost' } })
    ).data;
    await expect(update('stage', lost?.['id'], { status: 'open' })).rejects.toMatchObject(
      refusedAt('status'),
    );
    expect(await update('stage', lost?.['id'], { name: 'Gone' })).toMatchObject({ name: 'Gone' });
  });
});

describe('accounts', () => {
  it('form no circle, not even when two are moved at once', async () => {
    const a = await create('account', { name: 'A' });
    const b = await create('account', { name: 'B', parentId: a['id'] });
    const c = await create('account', { name: 'C', parentId: b['id'] });
    await expect(update('account', a['id'], { parentId: c['id'] })).rejects.toMatchObject(
      refusedAt('parentId'),
    );
    await expect(update('account', a['id'], { parentId: a['id'] })).rejects.toMatchObject(
      refusedAt('parentId'),
    );
    const d = await create('account', { name: 'D' });
    const e = await create('account', { name: 'E' });
    const moves = await Promise.allSettled([
      update('account', d['id'], { parentId: e['id'] }),
      update('account', e['id'], { parentId: d['id'] }),
    ]);
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('cases and activities', () => {
  it('a case is dated when it is closed and loses the date when it is opened again', async () => {
    const made = await create('case', { subject: 'S' });
    expect(made).toMatchObject({ status: 'new', closedOn: null });
    expect(await update('case', made['id'], { status: 'closed' })).toMatchObject({ closedOn: today() });
    expect(await update('case', made['id'], { status: 'open' })).toMatchObject({ closedOn: null });
    const past = { subject: 'S', status: 'closed', receivedOn: '2015-01-01', closedOn: '2015-01-09' };
    expect(await create('case', past)).toMatchObject({ closedOn: '2015-01-09' });
    await expect(create('case', { ...past, closedOn: '2014-01-01' })).rejects.toMatchObject(
      refusedAt('closedOn'),
    );
  });

  it('an activity ends after it begins', async () => {
    const meeting = { kind: 'meeting', subject: 'M', startsAt: '2026-01-01T10:00:00Z' };
    await expect(
      create('activity', { ...meeting, endsAt: '2026-01-01T10:30:00+01:00' }),
    ).rejects.toMatchObject(refusedAt('endsAt'));
    expect(await create('activity', { ...meeting, endsAt: '2026-01-01T12:00:00+01:00' })).toMatchObject({
      endsAt: '2026-01-01T11:00:00.000Z',
    });
  });
});
