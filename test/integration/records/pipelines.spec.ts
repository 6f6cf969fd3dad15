import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DealMover } from '../../../src/crm/deals/index.js';
import type { RequestContext } from '../../../src/records/index.js';
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
const get = (type: string, id: unknown) => engine.records.get(engine.admin, type, String(id));
const remove = (type: string, id: unknown) => engine.records.remove(engine.admin, type, String(id));
const mover = () => engine.context.get(DealMover);
const removeStage = (id: unknown, moveTo?: string, ctx: RequestContext = engine.admin) =>
  mover().removeStage(ctx, String(id), null, moveTo);
const refusedAt = (path: string) => ({ httpStatus: 400, errors: [{ path }] });

let pipelines = 0;
/** A pipeline with two open stages, one won and one lost. */
async function newPipeline(): Promise<{ id: string; stages: Record<string, unknown> }> {
  pipelines += 1;
  const key = `pipeline-${String(pipelines)}`;
  const id = String((await create('pipeline', { name: key, key }))['id']);
  const stages: Record<string, unknown> = {};
  for (const [position, [name, status, probability]] of (
    [
      ['first', 'open', 10],
      ['second', 'open', 50],
      ['won', 'won', 100],
      ['lost', 'lost', 0],
    ] as const
  ).entries())
    stages[name] = (
      await create('stage', { pipelineId: id, name, key: name, status, probability, position })
    )['id'];
  return { id, stages };
}
const newDeal = (pipelineId: string, stage: string, more: object = {}) =>
  create('deal', { name: 'D', pipelineId, stage, ...more });

describe('pipelines', () => {
  it('have exactly one default among them, which is neither removed nor archived', async () => {
    const { id } = await newPipeline();
    await update('pipeline', id, { isDefault: true });
    expect(await get('pipeline', salesId)).toMatchObject({ isDefault: false });
    expect(await create('deal', { name: 'D' })).toMatchObject({ pipelineId: id, stage: 'first' });
    await expect(update('pipeline', id, { isDefault: false })).rejects.toMatchObject(refusedAt('isDefault'));
    await expect(update('pipeline', id, { archived: true })).rejects.toMatchObject(refusedAt('archived'));
    await expect(remove('pipeline', id)).rejects.toMatchObject({ httpStatus: 409 });
    const others = await Promise.all([newPipeline(), newPipeline()]);
    const choices = [salesId, ...others.map((pipeline) => pipeline.id)];
    await Promise.all(choices.map((choice) => update('pipeline', choice, { isDefault: true })));
    const { rows } = await engine.database.admin.query('SELECT 1 FROM crm.pipeline WHERE is_default');
    expect(rows).toHaveLength(1);
    await update('pipeline', salesId, { isDefault: true });
  });

  it('keep their key, are renamed and reordered, and take no new deals once archived', async () => {
    const { id } = await newPipeline();
    const deal = await newDeal(id, 'first');
    await expect(update('pipeline', id, { key: 'other' })).rejects.toMatchObject(refusedAt('key'));
    expect(await update('pipeline', id, { name: 'Old', position: 9, archived: true })).toMatchObject({
      name: 'Old',
    });
    await expect(newDeal(id, 'first')).rejects.toMatchObject(refusedAt('pipelineId'));
    const elsewhere = await create('deal', { name: 'D' });
    await expect(update('deal', elsewhere['id'], { pipelineId: id })).rejects.toMatchObject(
      refusedAt('pipelineId'),
    );
    expect(await update('deal', deal['id'], { stage: 'second' })).toMatchObject({ stage: 'second' });
    expect(await update('deal', deal['id'], { pipelineId: salesId })).toMatchObject({ status: 'open' });
  });

  it('give their deals to another one, by the map that is given, else by key, else by status', async () => {
    const [from, to] = [await newPipeline(), await newPipeline()];
    await update('stage', from.stages['second'], { position: 1 });
    const odd = await create('stage', { pipelineId: from.id, name: 'Odd', key: 'odd', position: 7 });
    const deals = {
      second: await newDeal(from.id, 'second'),
      odd: await newDeal(from.id, 'odd', { probability: 33 }),
      won: await newDeal(from.id, 'won', { closeDate: '2020-01-01' }),
      lost: await newDeal(from.id, 'lost', { lostReason: 'price' }),
    };
    await expect(mover().moveAll(engine.admin, from.id, to.id, { nope: 'won' })).rejects.toMatchObject(
      refusedAt('stages.nope'),
    );
    await expect(mover().moveAll(engine.admin, from.id, from.id, {})).rejects.toMatchObject(refusedAt('to'));
    expect(await mover().moveAll(engine.admin, from.id, to.id, { second: 'first', lost: 'won' })).toBe(4);
    expect(await get('deal', deals.second['id'])).toMatchObject({
      pipelineId: to.id,
      stage: 'first',
      probability: 10,
    });
    expect(await get('deal', deals.odd['id'])).toMatchObject({
      stage: 'first',
      probability: 10,
      status: 'open',
    });
    expect(await get('deal', deals.won['id'])).toMatchObject({ stage: 'won', closeDate: '2020-01-01' });
    expect(await get('deal', deals.lost['id'])).toMatchObject({ status: 'won', lostReason: null });
    const [entry] = await engine.audit.history(engine.dataSource, 'deal', String(deals.odd['id']), {
      limit: 1,
    });
    expect(entry).toMatchObject({ before: { stage: 'odd' }, after: { stage: 'first', pipelineId: to.id } });
    await removeStage(odd['id']);
    const person = await engine.person({ level: () => 'own' });
    await expect(mover().moveAll(person, to.id, from.id, {})).rejects.toMatchObject({ httpStatus: 403 });
  });
});

describe('stages', () => {
  it('go only when no deal stands in them, or with the stage that their deals go to', async () => {
    const { id, stages } = await newPipeline();
    const deal = await newDeal(id, 'second', { probability: 77 });
    const removed = await newDeal(id, 'second');
    await remove('deal', removed['id']);
    await expect(removeStage(stages['second'])).rejects.toMatchObject({
      code: 'stage_in_use',
      httpStatus: 409,
    });
    for (const wrong of ['nope', 'second'])
      await expect(removeStage(stages['second'], wrong)).rejects.toMatchObject(refusedAt('moveTo'));
    const person = await engine.person({ level: (_type, action) => (action === 'read' ? 'all' : 'own') });
    await expect(removeStage(stages['second'], 'first', person)).rejects.toMatchObject({ httpStatus: 403 });
    await removeStage(stages['second'], 'first');
    expect(await get('deal', deal['id'])).toMatchObject({ stage: 'first', probability: 10, version: 2 });
    const restored = await engine.records.restore(engine.admin, 'deal', String(removed['id']));
    expect(restored).toMatchObject({ stage: 'first' });
  });

  it('stay where they are the last open, won or lost one of their pipeline', async () => {
    const { id, stages } = await newPipeline();
    await newDeal(id, 'first');
    await removeStage(stages['second']);
    await expect(removeStage(stages['first'], 'won')).rejects.toMatchObject({ code: 'last_stage' });
    for (const name of ['won', 'lost'])
      await expect(removeStage(stages[name])).rejects.toMatchObject({ code: 'last_stage' });
    await expect(update('stage', stages['won'], { status: 'lost' })).rejects.toMatchObject(
      refusedAt('status'),
    );
    const { id: other, stages: others } = await newPipeline();
    await newDeal(other, 'won');
    const both = await Promise.allSettled([removeStage(others['first']), removeStage(others['second'])]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { stages: unused } = await newPipeline();
    for (const stage of Object.values(unused)) await removeStage(stage);
  });

  it('keep key and pipeline, and their status while deals stand in them', async () => {
    const { id, stages } = await newPipeline();
    const other = await newPipeline();
    await expect(update('stage', stages['first'], { key: 'x' })).rejects.toMatchObject(refusedAt('key'));
    await expect(update('stage', stages['first'], { pipelineId: other.id })).rejects.toMatchObject(
      refusedAt('pipelineId'),
    );
    const deal = await newDeal(id, 'second');
    await expect(update('stage', stages['second'], { status: 'won' })).rejects.toMatchObject(
      refusedAt('status'),
    );
    // what a deal took from its stage when it came is its own
    await update('stage', stages['second'], { probability: 60, name: 'Renamed', position: 0 });
    expect(await get('deal', deal['id'])).toMatchObject({ probability: 50 });
  });

  it('hold no deal after they are gone, however close the two come', async () => {
    for (let round = 0; round < 8; round++) {
      const { id, stages } = await newPipeline();
      const waiting = await newDeal(id, 'first');
      await Promise.allSettled([
        removeStage(stages['second'], 'first'),
        newDeal(id, 'second'),
        update('deal', waiting['id'], { stage: 'second' }),
        newDeal(id, 'second'),
      ]);
      const { rows } = await engine.database.admin.query(
        `SELECT 1 FROM crm.deal d WHERE pipeline_id = $1 AND NOT EXISTS (
           SELECT 1 FROM crm.stage s WHERE s.pipeline_id = d.pipeline_id AND s.key = d.stage AND s.deleted_at IS NULL)`,
        [id],
      );
      expect(rows).toEqual([]);
    }
  });
});

describe('lost deals', () => {
  it('have a reason, which others have not', async () => {
    const { id } = await newPipeline();
    await expect(newDeal(id, 'first', { lostReason: 'price' })).rejects.toMatchObject(
      refusedAt('lostReason'),
    );
    const deal = await newDeal(id, 'lost', { lostReason: 'price' });
    expect(deal).toMatchObject({ lostReason: 'price' });
    expect(await update('deal', deal['id'], { stage: 'first' })).toMatchObject({ lostReason: null });
  });
});
