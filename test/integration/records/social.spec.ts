import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Followers, Following } from '../../../src/crm/followers/index.js';
import { Mentions } from '../../../src/crm/mentions/index.js';
import { SavedViews } from '../../../src/crm/views/index.js';
import { query } from '../../../src/platform/database/index.js';
import { recordTypeOf, type RecordData, type RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
let views: SavedViews;
let mentions: Mentions;
let followers: Followers;
let following: Following;
let ada: RequestContext;
let bob: RequestContext;
/** a person with the rights of an administrator */
let boss: RequestContext;

const idOf = (ctx: RequestContext): string => ctx.principal.userId ?? '';
const make = (type: string, input: object, ctx: RequestContext = engine.admin): Promise<RecordData> =>
  engine.records.create(ctx, type, input);
const invalid = { code: 'invalid_input' };

beforeAll(async () => {
  engine = await startEngine();
  views = engine.context.get(SavedViews);
  mentions = engine.context.get(Mentions);
  followers = engine.context.get(Followers);
  following = engine.context.get(Following);
  ada = await engine.person({});
  bob = await engine.person({ hidden: { account: new Set(['revenue', 'sector']) } });
  boss = await engine.person();
  await query(
    engine.dataSource,
    `INSERT INTO access.role (id, key, name, permissions, flags, hidden_fields, read_only_fields, built_in)
     VALUES (gen_random_uuid(), 'north', 'North', '{}', '{}', '{}', '{}', false)`,
  );
});
afterAll(() => engine.stop());

describe('saved views', () => {
  const medical = { field: 'sector', op: 'eq', value: 'medical' };

  it('are kept, changed and removed by their owner, and are nobody else’s business', async () => {
    const view = await views.create(ada, {
      ...{ type: 'account', name: ' Clinics ', filter: medical, sort: '-name', columns: ['name', 'sector'] },
      isDefault: true,
    });
    expect(view).toMatchObject({
      ...{ name: 'Clinics', layout: 'table', sharedWith: 'nobody', isDefault: true, isOwn: true, version: 1 },
      ...{ broken: false, problems: [], owner: { id: idOf(ada) }, filter: medical },
    });
    expect((await views.list(ada, 'account')).map(({ id }) => id)).toEqual([view.id]);
    expect(await views.list(ada, 'deal')).toEqual([]);
    expect(await views.list(boss, undefined)).toEqual([]);
    await expect(views.get(boss, view.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(views.update(boss, view.id, { name: 'Mine' }, null)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(views.update(ada, view.id, { name: 'x' }, 7)).rejects.toMatchObject({
      code: 'stale_version',
    });
    expect(await views.update(ada, view.id, { columns: ['name'], filter: null }, 1)).toMatchObject({
      version: 2,
      filter: null,
    });
    const history = await engine.audit.history(engine.dataSource, 'savedView', view.id, { limit: 5 });
    expect(history.map(({ action }) => action)).toEqual(['update', 'create']);
    await views.remove(ada, view.id);
    expect(await views.list(ada, undefined)).toEqual([]);
  });

  it.each([
    [{ filter: { field: 'nonsense', op: 'eq', value: 'x' } }, 'filter.field'],
    [{ filter: { and: [medical, { field: 'name', op: 'between', value: 'x' }] } }, 'filter.and[1].value'],
    [{ sort: 'nonsense' }, 'sort'],
    [{ columns: ['name', 'nonsense'] }, 'columns'],
    [{ columns: ['name', 'name'] }, 'columns'],
    [{ layout: 'board' }, 'layout'],
    [{ layout: 'pie' }, 'layout'],
    [{ sharedWith: ['nowhere'] }, 'sharedWith'],
    [{ sharedWith: [] }, 'sharedWith'],
    [{ name: '' }, 'name'],
    [{ type: 'nonsense' }, 'type'],
    [{ more: 1 }, 'more'],
  ])('refuse %j', async (part, path) => {
    const work = views.create(boss, { type: 'account', name: 'Wrong', ...part });
    await expect(work).rejects.toMatchObject({ ...invalid, errors: [{ path }] });
  });

  it('have one name once per owner and type, and one default per person and type', async () => {
    const first = await views.create(ada, { type: 'deal', name: 'Mine', layout: 'board', isDefault: true });
    await expect(views.create(ada, { type: 'deal', name: 'MINE' })).rejects.toMatchObject({
      code: 'duplicate',
    });
    await views.create(ada, { type: 'case', name: 'Mine' });
    await views.create(boss, { type: 'deal', name: 'Mine' });
    const second = await views.create(ada, { type: 'deal', name: 'Other', isDefault: true });
    await expect(views.update(ada, second.id, { name: 'mine' }, null)).rejects.toMatchObject({
      code: 'duplicate',
    });
    const defaults = async () =>
      (await views.list(ada, 'deal')).filter(({ isDefault }) => isDefault).map(({ id }) => id);
    expect(await defaults()).toEqual([second.id]);
    await views.update(ada, first.id, { isDefault: true }, null);
    expect(await defaults()).toEqual([first.id]);
    await views.update(ada, first.id, { isDefault: false }, null);
    expect(await defaults()).toEqual([]);
  });

  it('are shared by those who manage settings, with everyone or with roles', async () => {
    await expect(
      views.create(ada, { type: 'contact', name: 'S', sharedWith: 'everyone' }),
    ).rejects.toMatchObject({ code: 'not_allowed' });
    const all = await views.create(boss, { type: 'contact', name: 'All', sharedWith: 'everyone' });
    const north = await views.create(boss, { type: 'contact', name: 'North', sharedWith: ['north'] });
    const seen = async (roles: string[]) =>
      (await views.list({ ...ada, principal: { ...ada.principal, roles } }, 'contact')).map(
        ({ name }) => name,
      );
    expect(await seen([])).toEqual(['All']);
    expect(await seen(['north'])).toEqual(['All', 'North']);
    await expect(views.update(ada, all.id, { name: 'Hers' }, null)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await expect(views.remove(ada, all.id)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await views.update(ada, all.id, { isDefault: true }, null)).toMatchObject({
      isDefault: true,
      isOwn: false,
    });
    expect(await views.get(boss, all.id)).toMatchObject({ isDefault: false });
    await views.remove(boss, north.id);
  });

  it('tell those who may not see a field nothing of it', async () => {
    const view = await views.create(boss, {
      ...{ type: 'account', name: 'Rich clinics', sharedWith: 'everyone', filter: medical, sort: 'sector' },
      columns: ['name', 'revenue', 'sector'],
    });
    const seen = await views.get(bob, view.id);
    expect(seen).toMatchObject({ broken: true, problems: [], filter: null, sort: null, columns: ['name'] });
    expect(JSON.stringify(seen)).not.toMatch(/revenue|sector|medical/);
    expect(await views.get(ada, view.id)).toMatchObject({ broken: false, filter: medical });
    const nobody = await engine.person({ level: () => 'none' });
    await expect(views.get(nobody, view.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('whose custom field was taken away stay, marked broken, and can be mended', async () => {
    const field = await engine.customFields.create(engine.admin, {
      type: 'product',
      key: 'size',
      label: 'Size',
      kind: 'text',
    });
    const filter = { field: 'custom.size', op: 'eq', value: 'L' };
    const view = await views.create(ada, {
      type: 'product',
      name: 'Large',
      filter,
      columns: ['custom.size'],
    });
    await engine.customFields.remove(engine.admin, field.id, true);
    const broken = await views.get(ada, view.id);
    expect(broken).toMatchObject({
      broken: true,
      filter,
      problems: expect.arrayContaining([expect.objectContaining({ path: 'filter.field' })]) as unknown,
    });
    await expect(views.update(ada, view.id, { name: 'Larger' }, null)).rejects.toMatchObject(invalid);
    expect(await views.update(ada, view.id, { filter: null, columns: ['name'] }, null)).toMatchObject({
      broken: false,
    });
  });
});

describe('mentions', () => {
  const at = (ctx: RequestContext, name = 'Somebody'): string => `@[${name}](user:${idOf(ctx)})`;
  const note = (body: string, ctx = engine.admin): Promise<RecordData> =>
    make('activity', { kind: 'note', subject: 'Note', body }, ctx);
  const inbox = (ctx: RequestContext, state: 'all' | 'unread' | 'read' = 'all') =>
    mentions.page(ctx, { state, limit: 50 });

  it('tell the people named, once each, and not who wrote', async () => {
    const { id } = await note(`Ask ${at(ada)} and ${at(bob)} and ${at(ada)}; ${at(boss)}`, boss);
    expect((await inbox(ada)).data).toMatchObject([
      { by: { id: idOf(boss) }, readAt: null, activity: { id, subject: 'Note' } },
    ]);
    expect((await inbox(bob)).unread).toBe(1);
    expect((await inbox(boss)).data).toEqual([]);
    await make('activity', { kind: 'task', subject: 'No note', body: at(ada) });
    expect((await inbox(ada)).data).toHaveLength(1);
  });

  it('of people we do not know are refused; of those who left they are not', async () => {
    await expect(note('@[X](user:018f0000-0000-7000-8000-000000000000)')).rejects.toMatchObject({
      ...invalid,
      errors: [{ path: 'body' }],
    });
    await expect(note(`@[X](user:' OR 1=1)`)).resolves.toBeDefined();
    await expect(note('@[X](user:nonsense)')).rejects.toMatchObject(invalid);
    const gone = await engine.person({});
    await engine.records.update(engine.admin, 'user', idOf(gone), { active: false }, null);
    await expect(note(at(gone))).resolves.toBeDefined();
  });

  it('follow the text when it changes, without telling anybody twice', async () => {
    const { id } = await note(at(ada));
    const own = async (ctx: RequestContext) =>
      (await inbox(ctx)).data.filter(({ activity }) => activity['id'] === id);
    const [first] = await own(ada);
    await mentions.markRead(ada, [first?.id ?? '']);
    await engine.records.update(
      engine.admin,
      'activity',
      String(id),
      { body: `${at(ada)} ${at(bob)}` },
      null,
    );
    expect((await own(ada))[0]?.readAt).not.toBeNull();
    expect(await own(bob)).toHaveLength(1);
    await engine.records.update(engine.admin, 'activity', String(id), { body: 'nobody' }, null);
    expect([await own(ada), await own(bob)]).toEqual([[], []]);
  });

  it('show only what their reader may read, of notes that are there', async () => {
    const narrow = await engine.person({
      level: (type) => (type === 'activity' ? 'own' : 'all'),
      hidden: { activity: new Set(['body']) },
    });
    const { id: foreign } = await note(at(narrow));
    const own = await make('activity', {
      kind: 'note',
      subject: 'Yours',
      body: at(narrow),
      ownerId: idOf(narrow),
    });
    const seen = await inbox(narrow);
    expect(seen.data.map(({ activity }) => activity['id'])).toEqual([own['id']]);
    expect(seen.data[0]?.activity).not.toHaveProperty('body');
    expect([seen.unread, foreign]).toEqual([1, foreign]);
    await engine.records.remove(engine.admin, 'activity', String(own['id']));
    expect((await inbox(narrow)).data).toEqual([]);
  });

  it('are read by their reader only, and come in pages', async () => {
    const reader = await engine.person({});
    for (let n = 0; n < 5; n += 1) await note(at(reader));
    const first = await mentions.page(reader, { state: 'all', limit: 3 });
    const rest = await mentions.page(reader, { state: 'all', limit: 3, before: first.page.nextCursor ?? '' });
    expect([first.data.length, rest.data.length, rest.page.nextCursor]).toEqual([3, 2, null]);
    await mentions.markRead(
      ada,
      first.data.map(({ id }) => id),
    );
    expect((await inbox(reader, 'unread')).data).toHaveLength(5);
    await mentions.markRead(reader, [first.data[0]?.id ?? '']);
    expect((await inbox(reader, 'read')).data).toHaveLength(1);
    await mentions.markRead(reader);
    expect((await inbox(reader)).unread).toBe(0);
  });
});

describe('followers', () => {
  const account = recordTypeOf('account');
  const feed = (ctx: RequestContext, limit = 50) => following.page(ctx, limit, undefined);

  it('come and go, twice if they like, each with an entry in the audit but not in the record’s history', async () => {
    const id = String((await make('account', { name: 'Followed' }))['id']);
    await followers.follow(ada, account, id);
    await followers.follow(ada, account, id);
    await followers.follow(bob, account, id);
    const page = await followers.page(ada, account, id, 1, null);
    expect(page).toMatchObject({ data: [{ id: idOf(ada) }], following: true });
    const next = await followers.page(boss, account, id, 1, page.page.nextCursor);
    expect(next).toMatchObject({ data: [{ id: idOf(bob) }], following: false, page: { nextCursor: null } });
    await followers.unfollow(ada, account, id);
    await followers.unfollow(ada, account, id);
    expect((await followers.page(ada, account, id, 9, null)).data).toMatchObject([{ id: idOf(bob) }]);
    expect(await engine.audit.history(engine.dataSource, 'account', id, { limit: 9 })).toHaveLength(1);
    const [row] = await query<{ n: string }>(
      engine.dataSource,
      `SELECT count(*) AS n FROM audit.leaf WHERE type = 'follow'`,
    );
    expect(row?.n).toBe('3');
  });

  it('may follow and look only where they may see', async () => {
    const id = String((await make('account', { name: 'Secret' }))['id']);
    const blind = await engine.person({ level: () => 'own' });
    await expect(followers.follow(blind, account, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(followers.page(blind, account, id, 9, null)).rejects.toMatchObject({ code: 'not_found' });
    await expect(followers.unfollow(blind, account, id)).resolves.toBeUndefined();
  });

  it('hear of changes, newest first, in pages, within what they may see', async () => {
    const reader = await engine.person({ hidden: { account: new Set(['sector']) } });
    const one = String((await make('account', { name: 'One' }))['id']);
    const two = String((await make('account', { name: 'Two' }))['id']);
    const other = String((await make('account', { name: 'Other' }))['id']);
    await followers.follow(reader, account, one);
    await followers.follow(reader, account, two);
    await engine.records.update(boss, 'account', one, { name: 'One A', sector: 'medical' }, null);
    await engine.records.update(boss, 'account', two, { sector: 'quiet' }, null);
    await engine.records.update(boss, 'account', other, { name: 'Other A' }, null);
    await engine.records.update(boss, 'account', two, { country: 'FR' }, null);
    const all = await feed(reader);
    expect(
      all.data.map(({ title, change }) => [title, change.action, change.fields.map(({ name }) => name)]),
    ).toEqual([
      ['Two', 'update', ['country']],
      ['One A', 'update', ['name']],
      ['Two', 'create', expect.arrayContaining(['name'])],
      ['One A', 'create', expect.arrayContaining(['name'])],
    ]);
    expect(JSON.stringify(all)).not.toMatch(/sector|medical|quiet/);
    expect(all.data[1]).toMatchObject({
      recordId: one,
      by: { id: idOf(boss) },
      change: { fields: [{ before: 'One', after: 'One A' }] },
    });
    const first = await following.page(reader, 2, undefined);
    expect(first.page.nextCursor).not.toBeNull();
    const last = all.data[1];
    const rest = await following.page(reader, 50, { at: last?.at ?? '', id: last?.id ?? '' });
    expect(rest.data.map(({ id }) => id)).toEqual(all.data.slice(2).map(({ id }) => id));
    await engine.records.remove(engine.admin, 'account', two);
    expect((await feed(reader)).data.every(({ recordId }) => recordId === one)).toBe(true);
  });
});
