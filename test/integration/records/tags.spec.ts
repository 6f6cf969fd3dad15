import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Tags } from '../../../src/crm/tags/index.js';
import { TagRewriter } from '../../../src/crm/tags/tag.rewriter.js';
import { TagStore } from '../../../src/crm/tags/tag.store.js';
import type { RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let tags: Tags;

beforeAll(async () => {
  engine = await startEngine();
  tags = engine.context.get(Tags);
});
afterAll(() => engine.stop());

const make = (input: Record<string, unknown>, ctx: RequestContext = engine.admin) =>
  engine.records.create(ctx, 'account', { name: 'Tagged', ...input });
const registered = async () => (await tags.suggest('', 200)).map(({ name }) => name);
const found = async (filter: object) =>
  (await engine.records.list(engine.admin, 'account', { filter, sort: 'name' })).data.map(({ name }) => name);

/** What the queue does on premises. */
const rewrite = () =>
  new TagRewriter(engine.dataSource, engine.records, engine.context.get(TagStore)).run(
    'test',
    new AbortController().signal,
  );

describe('tags of a record', () => {
  it('are a list, empty where there are none, spelled as they first were', async () => {
    expect((await make({}))['tags']).toEqual([]);
    expect((await make({ tags: ['VIP', ' key  account '] }))['tags']).toEqual(['VIP', 'key account']);
    const later = await make({ tags: ['vip', 'Vip', 'new'] });
    expect(later['tags']).toEqual(['VIP', 'new']);
    expect(await registered()).toEqual(expect.arrayContaining(['key account', 'new', 'VIP']));
    const emptied = await engine.records.update(
      engine.admin,
      'account',
      String(later['id']),
      { tags: null },
      1,
    );
    expect(emptied['tags']).toEqual([]);
  });

  it.each([
    [['a,b']],
    [['']],
    ['vip'],
    [[1]],
    [['x'.repeat(61)]],
    [['line\nbreak']],
    [Array.from({ length: 51 }, (_, n) => `t${String(n)}`)],
  ])('refuses %j', async (value) => {
    await expect(make({ tags: value })).rejects.toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'tags' }],
    });
  });

  it('filter lists', async () => {
    await make({ name: 'F1', tags: ['red'] });
    await make({ name: 'F2', tags: ['red', 'green'] });
    await make({ name: 'F3', tags: ['blue'] });
    await make({ name: 'F4' });
    const named = { field: 'name', op: 'startsWith', value: 'F' };
    const where = (op: string, value?: unknown) =>
      found({ and: [named, { field: 'tags', op, ...(value ? { value } : {}) }] });
    expect(await where('contains', 'red')).toEqual(['F1', 'F2']);
    expect(await where('in', ['green', 'blue'])).toEqual(['F2', 'F3']);
    expect(await where('notIn', ['red'])).toEqual(['F3', 'F4']);
    expect(await where('empty')).toEqual(['F4']);
    expect(await where('notEmpty')).toEqual(['F1', 'F2', 'F3']);
    await expect(where('eq', 'red')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(where('contains', ['red'])).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('stand in the history, and only where they changed', async () => {
    const { id } = await make({ tags: ['audited'] });
    await engine.records.update(engine.admin, 'account', String(id), { tags: ['audited', 'twice'] }, 1);
    await engine.records.update(
      engine.admin,
      'account',
      String(id),
      { tags: ['audited', 'twice'], sector: 'x' },
      2,
    );
    const history = await engine.audit.history(engine.dataSource, 'account', String(id), { limit: 5 });
    expect(history.map(({ fieldNames }) => fieldNames.includes('tags'))).toEqual([false, true, true]);
    expect(history[1]).toMatchObject({
      before: { tags: ['audited'] },
      after: { tags: ['audited', 'twice'] },
    });
  });

  it('are hidden from those who may not see the field', async () => {
    const { id } = await make({ tags: ['quiet'] });
    const person = await engine.person({ hidden: { account: new Set(['tags']) } });
    expect(await engine.records.get(person, 'account', String(id))).not.toHaveProperty('tags');
    const filter = { field: 'tags', op: 'contains', value: 'quiet' };
    await expect(engine.records.list(person, 'account', { filter })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

describe('the registry', () => {
  it('suggests what begins so first', async () => {
    for (const name of ['zeta', 'eta', 'Etage']) await tags.create(engine.admin, { name });
    expect((await tags.suggest('ETA', 10)).map(({ name }) => name)).toEqual(['eta', 'Etage', 'zeta']);
    expect(await tags.suggest('%', 10)).toEqual([]);
  });

  it('has each name once, in whatever capitals, and is for those who manage settings', async () => {
    const tag = await tags.create(engine.admin, { name: 'Once', colour: '#112233' });
    expect(tag).toMatchObject({ name: 'Once', colour: '#112233', version: 1 });
    await expect(tags.create(engine.admin, { name: 'oNCE' })).rejects.toMatchObject({ code: 'duplicate' });
    const other = await tags.create(engine.admin, { name: 'Other' });
    await expect(tags.update(engine.admin, other.id, { name: 'ONCE' }, null)).rejects.toMatchObject({
      code: 'duplicate',
    });
    await expect(tags.update(engine.admin, tag.id, { colour: null }, 7)).rejects.toMatchObject({
      code: 'stale_version',
    });
    const person = await engine.person({});
    const work = [
      () => tags.create(person, { name: 'x' }),
      () => tags.update(person, tag.id, {}, null),
      () => tags.remove(person, tag.id),
      () => tags.changes(person),
    ];
    for (const attempt of work) await expect(attempt()).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('renames a tag on every record, whoever owns it, with an entry in its history', async () => {
    const owner = await engine.person({});
    const ids: string[] = [];
    for (let n = 0; n < 205; n += 1) ids.push(String((await make({ tags: ['old', 'stays'] }, owner))['id']));
    const deal = await engine.records
      .create(engine.admin, 'deal', { name: 'D', tags: ['new name', 'old'] })
      .catch(() => null);
    const [tag] = await tags.suggest('old', 1);
    const { change } = await tags.update(engine.admin, tag?.id ?? '', { name: 'new name 2' }, null);
    expect(change).toMatchObject({ from: 'old', to: 'new name 2', done: 0 });
    // somebody's page still has the old name
    expect((await make({ tags: ['old'] }))['tags']).toEqual(['new name 2']);
    await rewrite();
    expect(await found({ field: 'tags', op: 'contains', value: 'old' })).toEqual([]);
    expect(await engine.records.get(engine.admin, 'account', ids[204] ?? '')).toMatchObject({
      tags: ['new name 2', 'stays'],
      version: 2,
    });
    const [progress] = await tags.changes(engine.admin);
    expect(progress?.done).toBeGreaterThanOrEqual(deal ? 206 : 205);
    expect(progress?.finishedAt).toBeInstanceOf(Date);
    const [entry] = await engine.audit.history(engine.dataSource, 'account', ids[0] ?? '', { limit: 1 });
    expect(entry).toMatchObject({ action: 'update', fieldNames: ['tags'] });
    expect(await registered()).not.toContain('old');
  });

  it('merges a tag into another, which a record then has once', async () => {
    const { id } = await make({ tags: ['client', 'kept', 'customer'] });
    const other = await make({ tags: ['client'] });
    const [client] = await tags.suggest('client', 1);
    const [customer] = await tags.suggest('customer', 1);
    const [from, into] = [client?.id ?? '', customer?.id ?? ''];
    for (const wrong of [from, '00000000-0000-7000-8000-000000000000'])
      await expect(tags.remove(engine.admin, from, wrong)).rejects.toMatchObject({
        code: 'invalid_input',
        errors: [{ path: 'into' }],
      });
    expect(await tags.remove(engine.admin, from, into)).toMatchObject({ from: 'client', to: 'customer' });
    // somebody's page still has the old name
    expect((await make({ tags: ['Client'] }))['tags']).toEqual(['customer']);
    await rewrite();
    const tagsOf = async (record: unknown) =>
      (await engine.records.get(engine.admin, 'account', String(record)))['tags'];
    expect(await tagsOf(id)).toEqual(['customer', 'kept']);
    expect(await tagsOf(other['id'])).toEqual(['customer']);
    expect(await registered()).not.toContain('client');
  });

  it('takes a tag off every record', async () => {
    const { id } = await make({ tags: ['gone', 'kept'] });
    const [tag] = await tags.suggest('gone', 1);
    await tags.remove(engine.admin, tag?.id ?? '');
    expect((await make({ tags: ['GONE'] }))['tags']).toEqual([]);
    await rewrite();
    expect((await engine.records.get(engine.admin, 'account', String(id)))['tags']).toEqual(['kept']);
    // from now on it is a new tag like any other
    expect((await make({ tags: ['gone'] }))['tags']).toEqual(['gone']);
  });
});
