// Whose records the level `team` covers, asked over every way that leads to a record.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CrmModule } from '../../src/crm/index.js';
import {
  makePerson,
  signedIn,
  startAccessServer,
  type AccessServer,
  type Browser,
  type TestPerson,
} from '../integration/access/access-server.js';

interface Page {
  data: { id: string; name: string }[];
  page: { count?: number };
}
interface Board {
  stages: { cards: { name: string; account: { title: string | null } | null }[] }[];
}
const own = ['lead', 'seller', 'junior', 'report', 'stranger'] as const;
type Name = (typeof own)[number];
const post = (body: object) => ({ method: 'POST', body }) as const;
const put = (body: object) => ({ method: 'PUT', body }) as const;
const read = { read: 'all' };
const rights = (level: string) => ({ create: level, read: level, update: level, delete: level });
const role = (key: string, account: object) => ({
  key,
  name: key,
  permissions: { account, deal: account, activity: account, user: read, pipeline: read, stage: read },
  ...{ flags: [], hiddenFields: {}, readOnlyFields: {} },
});

describe('records of teams', () => {
  let server: AccessServer;
  let admin: Browser;
  const people = {} as Record<Name, TestPerson>;
  const browsers = {} as Record<Name, Browser>;
  const accounts = {} as Record<Name, string>;

  const makeAccount = async (browser: Browser, body: object): Promise<string> => {
    const answer = await browser.call<{ id: string }>('/accounts', post(body));
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  };
  const makeTeam = async (name: string, members: Name[], parentId: string | null): Promise<string> => {
    const body = { name, parentId, members: members.map((member) => people[member].id) };
    return (await admin.call<{ id: string }>('/teams', post(body))).body.id;
  };

  beforeAll(async () => {
    server = await startAccessServer({}, undefined, () => [CrmModule]);
    admin = await signedIn(server, await makePerson(server, 'administrator'));
    await admin.call('/roles', post(role('team-sales', rights('team'))));
    await admin.call('/roles', post(role('no-deletes', { delete: 'deny' })));
    for (const name of own) {
      people[name] = await makePerson(server, 'team-sales');
      browsers[name] = await signedIn(server, people[name]);
      accounts[name] = await makeAccount(browsers[name], { name: `Account of ${name}` });
    }
    const north = await makeTeam('North', ['lead', 'seller'], null);
    await makeTeam('North, beginners', ['junior'], north);
    await admin.call(`/users/${people.report.id}/manager`, put({ managerId: people.lead.id }));
  });
  afterAll(() => server.stop());

  const seen = async (name: Name, search = ''): Promise<string[]> => {
    const { body } = await browsers[name].call<Page>(`/accounts?count=capped&sort=name${search}`);
    expect(body.page.count).toBe(body.data.length);
    return body.data.map((account) => account.name.replace('Account of ', ''));
  };

  it('X11 lists, counts, filters and sorts what teams, the teams below and reports own, and nothing else', async () => {
    expect(await seen('lead')).toEqual(['junior', 'lead', 'report', 'seller']);
    expect(await seen('seller')).toEqual(['junior', 'lead', 'seller']);
    expect(await seen('junior')).toEqual(['junior']);
    expect(await seen('stranger')).toEqual(['stranger']);
    const filter = encodeURIComponent(JSON.stringify({ field: 'name', op: 'contains', value: 'Account' }));
    expect(await seen('seller', `&filter=${filter}`)).toEqual(['junior', 'lead', 'seller']);
  });

  it('X11 finds no more by search', async () => {
    const answer = await browsers.seller.call('/search?q=Account');
    expect(answer.status).toBe(200);
    const text = JSON.stringify(answer.body);
    expect(text).toContain(accounts.junior);
    expect(text).not.toContain(accounts.stranger);
    expect(text).not.toContain(accounts.report);
  });

  it('X11 sums on the board and names on its cards no more', async () => {
    const make = async (owner: Name, amount: string, account: Name) => {
      const input = { name: `Deal of ${owner}`, ownerId: people[owner].id, accountId: accounts[account] };
      const deal = { ...input, amount: { amount, currency: 'EUR' } };
      expect((await admin.call('/deals', post(deal))).status).toBe(201);
    };
    await make('seller', '5.00', 'stranger');
    await make('junior', '7.00', 'junior');
    await make('stranger', '100.00', 'stranger');
    const { body, status } = await browsers.seller.call<Board>('/deals/board');
    expect(status).toBe(200);
    const [first] = body.stages;
    expect(first).toMatchObject({ count: 2, sums: [{ amount: '12.00', currency: 'EUR' }] });
    const titles = Object.fromEntries(
      (first?.cards ?? []).map(({ name, account }) => [name, account?.title]),
    );
    expect(titles).toEqual({ 'Deal of seller': null, 'Deal of junior': 'Account of junior' });
  });

  it('X11 tells in timelines and mentions of no note out of reach', async () => {
    const subjects = (answer: object): string[] =>
      [...JSON.stringify(answer).matchAll(/Note of [a-z]+/g)].map(([subject]) => subject);
    for (const owner of ['junior', 'stranger'] as const) {
      const body = `@[Seller](user:${people.seller.id}) look`;
      const about = { accountId: accounts.junior, ownerId: people[owner].id };
      const note = { kind: 'note', subject: `Note of ${owner}`, body, ...about };
      expect((await admin.call('/activities', post(note))).status).toBe(201);
    }
    const timeline = await browsers.seller.call(`/accounts/${accounts.junior}/timeline`);
    expect(timeline.status).toBe(200);
    expect(new Set(subjects(timeline.body))).toEqual(new Set(['Note of junior']));
    const mentions = await browsers.seller.call('/me/mentions');
    expect(mentions.status).toBe(200);
    expect(new Set(subjects(mentions.body))).toEqual(new Set(['Note of junior']));
  });

  it('X10 answers 404 for a record out of reach, by every method, and changes nothing', async () => {
    const change = { method: 'PATCH', body: { name: 'Taken' }, headers: { 'if-match': '"1"' } } as const;
    const path = `/accounts/${accounts.stranger}`;
    expect((await browsers.lead.call(path)).status).toBe(404);
    expect((await browsers.lead.call(path, change)).status).toBe(404);
    expect((await browsers.lead.call(path, { method: 'DELETE' })).status).toBe(404);
    expect((await browsers.lead.call(`${path}/timeline`)).status).toBe(404);
    expect((await browsers.stranger.call(path)).body).toMatchObject({
      name: 'Account of stranger',
      version: 1,
    });
  });

  it('X13 takes no owner from out of reach for a new record', async () => {
    const make = (owner: Name) =>
      browsers.seller.call('/accounts', post({ name: 'For another', ownerId: people[owner].id }));
    const refused = await make('stranger');
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ path: 'ownerId' }] });
    const made = await make('junior');
    expect(made.status).toBe(201);
    const id = String(made.body.id);
    expect((await admin.call(`/accounts/${id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('X11 shows the records of a team no longer from the next request on, once the person has left it', async () => {
    const { body } = await admin.call<{ data: { id: string; name: string }[] }>('/teams');
    const north = body.data.find(({ name }) => name === 'North');
    const team = { name: 'North', parentId: null, members: [people.lead.id] };
    expect((await admin.call(`/teams/${north?.id ?? ''}`, put(team))).status).toBe(200);
    expect(await seen('seller')).toEqual(['seller']);
    expect((await browsers.seller.call(`/accounts/${accounts.lead}`)).status).toBe(404);
  });

  it('X10 lets a denial win over what another role allows', async () => {
    const both = { roles: ['team-sales', 'no-deletes'] };
    expect((await admin.call(`/users/${people.lead.id}/roles`, put(both))).status).toBe(200);
    const path = `/accounts/${accounts.lead}`;
    expect((await browsers.lead.call(path, { method: 'DELETE' })).status).toBe(403);
    expect((await browsers.lead.call(path)).status).toBe(200);
  });
});
