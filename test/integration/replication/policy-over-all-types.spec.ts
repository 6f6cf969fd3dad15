// Every record type of the CRM under one policy, from the server on premises through the publisher to a replica.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import type { HttpClient } from '../access/whole-server.js';
import { databaseText } from './canary-search.js';
import { startPremisesAndReplica, type PremisesAndReplica } from './premises-and-replica.js';

const policy = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
  product: { where: { field: family, op: eq, value: public } }
  deal: { follows: account }
  dealLine: { follows: deal }
  campaign: { where: { field: status, op: eq, value: active } }
  campaignMember: { follows: campaign }
  lead: { follows: { through: campaignMember }, fields: { email: { mask: domain }, city: omit } }
  activity: { follows: [deal, lead] }
`;

let all: PremisesAndReplica;
let reader: HttpClient;
const ids: Record<string, string> = {};
const id = (name: string): string => ids[name] ?? `no ${name}`;
const price = (amount: string) => ({ amount, currency: 'EUR' });

async function make(name: string, plural: string, body: object): Promise<string> {
  const made = await all.make(plural, body);
  ids[name] = made;
  return made;
}

async function row(table: string, name: string): Promise<Record<string, unknown> | undefined> {
  return (await all.rows(`crm.${table}`)).get(id(name));
}

async function list(plural: string): Promise<Record<string, unknown>[]> {
  const answer = await reader.call(`/api/v1/${plural}?limit=200`);
  expect(answer.status).toBe(200);
  return (answer.json as { data: Record<string, unknown>[] }).data;
}

/** Which types the batch at a place changed, and how: `-2 dealLine` where two of its rows left. */
async function batchAt({ generation, n }: { generation: number; n: number }): Promise<string[]> {
  const applied = await all.world.reader.catchUp();
  const manifest = applied.find((one) => one.generation === generation && one.n === n);
  return (manifest?.types ?? [])
    .flatMap(({ type, upserts, deletes }) => [
      ...(upserts > 0 ? [`+${String(upserts)} ${type}`] : []),
      ...(deletes > 0 ? [`-${String(deletes)} ${type}`] : []),
    ])
    .sort();
}

async function plantDeals(): Promise<void> {
  await make('shop', 'accounts', { name: 'Shop', sector: 'retail' });
  await make('clinic', 'accounts', { name: 'Clinic', sector: 'medical' });
  await make('open product', 'products', { name: 'Scanner', code: 'S1', family: 'public' });
  await make('secret product', 'products', { name: 'Prototype', code: 'P1', family: 'secret' });
  await make('buyer', 'contacts', { lastName: 'Buyer', accountId: id('shop') });
  await make('doctor', 'contacts', { lastName: 'Doctor', accountId: id('clinic') });
  for (const [deal, account] of [
    ['sale', 'shop'],
    ['secret sale', 'clinic'],
  ] as const) {
    await make(deal, 'deals', { name: `The ${deal}`, accountId: id(account), tags: ['Renewal', 'vip'] });
    for (const product of ['open product', 'secret product'])
      await make(`${product} on ${deal}`, 'deal-lines', {
        ...{ dealId: id(deal), productId: id(product), name: `Line ${product}`, unitPrice: price('10.00') },
      });
  }
}

async function plantCampaigns(): Promise<void> {
  await make('fair', 'campaigns', { name: 'Fair', status: 'active', budget: price('900.00'), tags: ['vip'] });
  await make('plan', 'campaigns', { name: 'Plan', status: 'planned' });
  for (const name of ['invited', 'planned', 'stranger'])
    await make(name, 'leads', { lastName: name, email: `${name}@firm.example`, city: 'Hidden Town' });
  await make('invited at fair', 'campaign-members', { campaignId: id('fair'), leadId: id('invited') });
  await make('planned in plan', 'campaign-members', { campaignId: id('plan'), leadId: id('planned') });
  await make('buyer at fair', 'campaign-members', { campaignId: id('fair'), contactId: id('buyer') });
  await make('doctor at fair', 'campaign-members', { campaignId: id('fair'), contactId: id('doctor') });
}

async function plantSocial(): Promise<void> {
  const { email } = await all.person('sales');
  const [named] = await all.world.sql('SELECT id FROM crm."user" WHERE email = $1', [email]);
  ids.colleague = String(named?.id);
  await make('note', 'activities', {
    ...{ kind: 'note', subject: 'Call', dealId: id('sale'), tags: ['vip'] },
    body: `@[Person](user:${id('colleague')}) please call`,
  });
  await make('secret note', 'activities', {
    ...{ kind: 'note', subject: 'Secret', dealId: id('secret sale') },
    body: `@[Person](user:${id('colleague')}) secret`,
  });
  const tags = (await all.admin.call('/api/v1/tags?q=')).json as { data: { id: string; name: string }[] };
  for (const { id: tag, name } of tags.data) ids[`tag ${name}`] = tag;
  await all.change('tags', id('tag vip'), { colour: '#bada55' });
  await all.admin.call(`/api/v1/deals/${id('sale')}/follow`, { method: 'PUT' });
  await make('view', 'views', {
    ...{ type: 'deal', name: 'Whales of the view', columns: ['name'], layout: 'table' },
    ...{ sharedWith: 'everyone', filter: { field: 'name', op: 'contains', value: 'needle of a view' } },
  });
}

beforeAll(async () => {
  all = await startPremisesAndReplica(policy);
  const person = await all.person('administrator');
  await plantDeals();
  await plantCampaigns();
  await plantSocial();
  await make('pipeline', 'pipelines', { name: 'Partners', key: 'partners' });
  await make('stage', 'stages', { pipelineId: id('pipeline'), name: 'First talk', key: 'talk' });
  await all.carry();
  await all.world.reader.catchUp();
  reader = await all.abroad(person);
});
afterAll(() => all.stop());

const isUp = async (): Promise<boolean> => (await fetch(`${all.replica.url}/readyz`)).status === 200;
beforeEach(() => waitFor(isUp, { what: 'the replica to be ready' }));

/** Every view of the policy against the replica's table, row by row and column by column. */
async function expectSame(): Promise<void> {
  const views = await all.world.sql(
    `SELECT c.relname AS type, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = 'cloud'::regnamespace AND c.relkind = 'v' AND c.relname <> 'selected_blob' GROUP BY 1`,
  );
  for (const { type, columns } of views as { type: string; columns: string[] }[]) {
    const schema = ['role', 'replica_login'].includes(type) ? 'access' : 'crm';
    const table = type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const select = (from: string) =>
      `SELECT row_to_json(r)::text AS row FROM (SELECT ${columns.map((name) => `"${name}"`).join(', ')}
       FROM ${from} ORDER BY id) r`;
    const home = await all.world.sql(select(`cloud."${type}"`));
    const { rows } = await all.replica.database.admin.query(select(`${schema}."${table}"`));
    expect([type, rows]).toEqual([type, home]);
  }
  expect(views.length).toBeGreaterThan(13);
}

/** What the server on premises has against a policy that names these types. */
async function objections(...types: string[]): Promise<string[]> {
  const yaml = `version: 9\ntypes: { ${types.map((type) => `${type}: {}`).join(', ')} }`;
  const answer = await all.admin.call('/api/v1/cloud/policy/check', { method: 'POST', body: { yaml } });
  return (answer.json as { errors: { message: string }[] }).errors.map(({ message }) => message);
}

describe('what the policy selects', () => {
  it('arrives, type by type, and nothing else', async () => {
    const expected: Record<string, string[]> = {
      account: ['shop'],
      contact: ['buyer'],
      product: ['open product'],
      deal: ['sale'],
      deal_line: ['open product on sale', 'secret product on sale'],
      campaign: ['fair'],
      campaign_member: ['invited at fair', 'buyer at fair', 'doctor at fair'],
      lead: ['invited'],
      activity: ['note'],
    };
    const names = new Map(Object.entries(ids).map(([name, value]) => [value, name]));
    for (const [table, wanted] of Object.entries(expected)) {
      const found = [...(await all.rows(`crm.${table}`)).keys()].map((key) => names.get(key) ?? key);
      expect([table, found.sort()]).toEqual([table, [...wanted].sort()]);
    }
    await expectSame();
  });

  it('is served by the API of the replica', async () => {
    const lines = await list('deal-lines');
    expect(lines.map(({ name, total }) => [name, total]).sort()).toEqual([
      ['Line open product', price('10.00')],
      ['Line secret product', price('10.00')],
    ]);
    expect(await list('deals')).toMatchObject([{ name: 'The sale', amount: price('20.00') }]);
    expect(await list('campaign-members')).toHaveLength(3);
    const [campaign] = await list('campaigns');
    expect(campaign).toMatchObject({ name: 'Fair', tags: ['vip'] });
    expect(campaign?.budget ?? null).toBeNull();
    const [lead] = await list('leads');
    expect(lead).toMatchObject({ lastName: 'invited' });
    expect(lead?.city ?? null).toBeNull();
    expect(lead?.email).not.toBe('invited@firm.example');
  });

  it('is found by the search of the replica, by its beginning and a typing error too, and nothing else is', async () => {
    for (const [q, wanted] of [
      ['shop', ['shop']],
      ['sho', ['shop']],
      ['invitd', ['invited']],
      ['sale', ['sale']],
      ['invited', ['invited']],
      ['clinic', []],
      ['doctor', []],
      ['prototype', []],
      ['hidden town', []],
    ] as const) {
      const answer = await reader.call(`/api/v1/search?q=${encodeURIComponent(q)}`);
      expect(answer.status).toBe(200);
      const found = (answer.json as { data: { id: string }[] }).data.map((hit) => hit.id);
      expect([q, found]).toEqual([q, wanted.map((name) => id(name))]);
    }
  });

  it('names no record that stays home: not the person of a member, not the product of a line', async () => {
    expect(await row('campaign_member', 'doctor at fair')).toMatchObject({ contact_id: null, lead_id: null });
    expect(await row('campaign_member', 'buyer at fair')).toMatchObject({ contact_id: id('buyer') });
    expect(await row('deal_line', 'secret product on sale')).toMatchObject({ product_id: null });
    expect(await row('deal_line', 'open product on sale')).toMatchObject({ product_id: id('open product') });
    const bytes = Buffer.concat((await databaseText(all.replica.database.admin)).map((text) => text.bytes));
    const home = ['clinic', 'secret product', 'doctor', 'secret sale', 'plan', 'planned', 'stranger'];
    home.push('planned in plan', 'secret note', 'open product on secret sale', 'view', 'tag vip');
    for (const name of home) expect([name, bytes.includes(id(name))]).toEqual([name, false]);
    expect(bytes.includes(id('note'))).toBe(true);
  });
});

describe('what people do around records', () => {
  it('travels where it is a field of the record: tags, and the text of a note with whom it names', async () => {
    expect(await row('deal', 'sale')).toMatchObject({ tags: ['Renewal', 'vip'] });
    expect(await row('activity', 'note')).toMatchObject({
      tags: ['vip'],
      body: `@[Person](user:${id('colleague')}) please call`,
    });
  });

  it.each(['tag', 'tag_change', 'mention', 'follow', 'saved_view', 'default_view'])(
    'stays home where it has a table of its own: %s',
    async (table) => {
      const [home] = await all.world.sql(`SELECT count(*)::int AS n FROM crm.${table}`);
      if (!['tag_change', 'default_view'].includes(table)) expect(home?.n).toBeGreaterThan(0);
      expect((await all.rows(`crm.${table}`)).size).toBe(0);
      const type = table.replace(/_[a-z]/g, (text) => (text[1] ?? '').toUpperCase());
      expect(await objections(type)).toEqual([
        expect.stringMatching(`^unknown type \`${type}\`; known: account,`),
      ]);
    },
  );

  it('shows no colour, no name and no condition of them on the replica', async () => {
    const bytes = Buffer.concat((await databaseText(all.replica.database.admin)).map((text) => text.bytes));
    for (const text of ['#bada55', 'Whales of the view', 'needle of a view'])
      expect([text, bytes.includes(text)]).toEqual([text, false]);
    expect((await reader.call('/api/v1/tags?q=')).json).toEqual({ data: [] });
    expect((await reader.call('/api/v1/views?type=deal')).json).toEqual({ data: [] });
  });

  it('follows a tag to its new name', async () => {
    await all.change('tags', id('tag Renewal'), { name: 'Prolongation' });
    await waitFor(async () => {
      const [deal] = await all.world.sql('SELECT tags FROM crm.deal WHERE id = $1', [id('sale')]);
      return JSON.stringify(deal?.tags) === '["Prolongation","vip"]';
    });
    expect(await batchAt(await all.carry())).toEqual(['+1 deal']);
    expect(await row('deal', 'sale')).toMatchObject({ tags: ['Prolongation', 'vip'] });
  });
});

describe('pipelines and stages', () => {
  it('travel whatever the policy says, and a policy cannot name them', async () => {
    expect(await row('pipeline', 'pipeline')).toMatchObject({ key: 'partners', archived: false });
    expect(await row('stage', 'stage')).toMatchObject({ pipeline_id: id('pipeline'), key: 'talk' });
    expect((await list('stages')).some(({ key }) => key === 'talk')).toBe(true);
    expect(await objections('pipeline', 'stage')).toEqual([
      '`pipeline` belongs to the system set, which always travels',
      '`stage` belongs to the system set, which always travels',
    ]);
  });

  it('change and go', async () => {
    await all.change('stages', id('stage'), { name: 'Second talk' });
    await all.change('pipelines', id('pipeline'), { archived: true });
    expect(await batchAt(await all.carry())).toEqual(['+1 pipeline', '+1 stage']);
    expect(await row('pipeline', 'pipeline')).toMatchObject({ archived: true });
    await all.remove('stages', id('stage'));
    expect(await batchAt(await all.carry())).toEqual(['-1 stage']);
  });
});

describe('a line of a deal', () => {
  it('leaves with its deal in one batch, and comes back with it', async () => {
    await all.change('accounts', id('shop'), { sector: 'medical' });
    expect(await batchAt(await all.carry())).toEqual([
      ...['+1 campaignMember', '-1 account', '-1 activity', '-1 contact', '-1 deal', '-2 dealLine'],
    ]);
    expect(await list('deal-lines')).toEqual([]);
    await expectSame();
    await all.change('accounts', id('shop'), { sector: 'retail' });
    await all.carry();
    expect(await list('deal-lines')).toHaveLength(2);
    await expectSame();
  });

  it('that is added arrives with the amount of its deal, and one that is removed leaves', async () => {
    await make('third', 'deal-lines', { dealId: id('sale'), name: 'Third', unitPrice: price('5.50') });
    await all.world.reader.catchUp();
    expect(await batchAt(await all.carry())).toEqual(['+1 deal', '+1 dealLine']);
    expect(await list('deals')).toMatchObject([{ amount: price('25.50') }]);
    await all.remove('deal-lines', id('third'));
    expect(await batchAt(await all.carry())).toEqual(['+1 deal', '-1 dealLine']);
    expect(await list('deals')).toMatchObject([{ amount: price('20.00') }]);
  });

  it('of a deal that stays home says nothing when it changes', async () => {
    const before = await all.carry();
    await all.change('deal-lines', id('open product on secret sale'), { name: 'Changed at home' });
    expect(await all.carry()).toEqual(before);
  });

  it('moves with a deal to an account that stays home', async () => {
    await all.change('deals', id('sale'), { accountId: id('clinic') });
    expect(await batchAt(await all.carry())).toEqual(['-1 activity', '-1 deal', '-2 dealLine']);
    await all.change('deals', id('sale'), { accountId: id('shop') });
    await all.carry();
    await expectSame();
  });
});

describe('a member of a campaign', () => {
  it('names its contact as soon as that is selected, and no longer than that', async () => {
    await all.change('contacts', id('doctor'), { accountId: id('shop') });
    expect(await batchAt(await all.carry())).toEqual(['+1 campaignMember', '+1 contact']);
    expect(await row('campaign_member', 'doctor at fair')).toMatchObject({ contact_id: id('doctor') });
    await all.change('contacts', id('doctor'), { accountId: id('clinic') });
    expect(await batchAt(await all.carry())).toEqual(['+1 campaignMember', '-1 contact']);
    expect(await row('campaign_member', 'doctor at fair')).toMatchObject({ contact_id: null });
  });

  it('takes its lead and the notes on that with it when it goes, and when its campaign ends', async () => {
    await make('note on lead', 'activities', { kind: 'note', subject: 'Asked', leadId: id('invited') });
    expect(await batchAt(await all.carry())).toEqual(['+1 activity']);
    await all.change('campaigns', id('fair'), { status: 'completed' });
    expect(await batchAt(await all.carry())).toEqual([
      '-1 activity',
      '-1 campaign',
      '-1 lead',
      '-3 campaignMember',
    ]);
    await all.change('campaigns', id('fair'), { status: 'active' });
    await all.carry();
    await expectSame();
    await all.remove('campaign-members', id('invited at fair'));
    expect(await batchAt(await all.carry())).toEqual(['-1 activity', '-1 campaignMember', '-1 lead']);
  });

  it('brings a lead in, whose conversion names only what is selected', async () => {
    await make('stranger at fair', 'campaign-members', { campaignId: id('fair'), leadId: id('stranger') });
    expect(await batchAt(await all.carry())).toEqual(['+1 campaignMember', '+1 lead']);
    const answer = await all.admin.call(`/api/v1/leads/${id('stranger')}/convert`, {
      method: 'POST',
      body: { account: { id: id('clinic') }, contact: { create: {} }, deal: null },
    });
    expect(answer.status).toBe(200);
    await all.carry();
    await expectSame();
    // the membership went over to the contact, which stays home with its account, and so no link names the lead
    expect(await row('lead', 'stranger')).toBeUndefined();
    expect(await row('campaign_member', 'stranger at fair')).toMatchObject({
      lead_id: null,
      contact_id: null,
    });
  });
});
