import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LeadConversion, LeadMatching, parseConversion } from '../../../src/crm/leads/index.js';
import type { RequestContext } from '../../../src/records/index.js';
import { startEngine, type Engine } from './record-engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const create = (type: string, input: object, ctx: RequestContext = engine.admin) =>
  engine.records.create(ctx, type, input);
const update = (type: string, id: unknown, patch: object, ctx: RequestContext = engine.admin) =>
  engine.records.update(ctx, type, String(id), patch, null);
const get = (type: string, id: unknown) => engine.records.get(engine.admin, type, String(id));
const convert = (id: unknown, body: unknown = {}, ctx: RequestContext = engine.admin) =>
  engine.context.get(LeadConversion).convert(ctx, String(id), parseConversion(body));
const count = async (type: string, field: string, value: unknown) =>
  (await engine.records.count(engine.admin, type, { filter: { field, op: 'eq', value } })).count;
const refusedAt = (...paths: string[]) => ({
  httpStatus: 400,
  errors: expect.arrayContaining(paths.map((path) => expect.objectContaining({ path }))) as unknown,
});
const person = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@engine.example', jobTitle: 'Analyst' };

describe('converting a lead', () => {
  it('makes account, contact and deal of it and keeps who owns it', async () => {
    const owner = await engine.person();
    const ownerId = owner.principal.userId;
    const lead = await create('lead', { ...person, company: 'Engine Ltd', country: 'UK', ownerId });
    const deal = { create: { name: 'First order', amount: { amount: '10.00', currency: 'EUR' } } };
    const made = await convert(lead['id'], { account: { create: { sector: 'software' } }, deal });
    expect(await get('account', made.accountId)).toMatchObject({
      ...{ name: 'Engine Ltd', kind: 'prospect', country: 'UK', sector: 'software', ownerId },
    });
    expect(await get('contact', made.contactId)).toMatchObject({
      ...person,
      accountId: made.accountId,
      ownerId,
    });
    expect(await get('deal', made.dealId)).toMatchObject({
      ...{ name: 'First order', stage: 'prospecting', accountId: made.accountId, contactId: made.contactId },
    });
    expect(await get('lead', lead['id'])).toMatchObject({
      status: 'converted',
      convertedAccountId: made.accountId,
      convertedContactId: made.contactId,
      convertedDealId: made.dealId,
      convertedAt: expect.any(String) as unknown,
    });
    const [entry] = await engine.audit.history(engine.dataSource, 'lead', String(lead['id']), { limit: 1 });
    expect(entry).toMatchObject({
      action: 'update',
      after: { status: 'converted', convertedDealId: made.dealId },
    });
  });

  it('joins what is there already, and makes no account for a person without a company', async () => {
    const account = await create('account', { name: 'There' });
    const first = await create('lead', { lastName: 'A', company: 'There GmbH' });
    expect(await convert(first['id'], { account: { id: account['id'] } })).toMatchObject({
      accountId: account['id'],
      dealId: null,
    });
    const contact = await create('contact', { lastName: 'B' });
    const second = await create('lead', { lastName: 'B' });
    const joined = await convert(second['id'], {
      contact: { id: contact['id'] },
      account: { id: account['id'] },
    });
    expect(joined).toEqual({ accountId: account['id'], contactId: contact['id'], dealId: null });
    expect(await get('contact', contact['id'])).toMatchObject({ accountId: account['id'] });
    const third = await create('lead', { lastName: 'C' });
    expect(await convert(third['id'])).toMatchObject({ accountId: null });
    const fourth = await create('lead', { lastName: 'D', company: 'Unwanted' });
    expect(await convert(fourth['id'], { account: null })).toMatchObject({ accountId: null });
  });

  it('answers the same to a second call, and makes one of everything of two at once', async () => {
    const lead = await create('lead', { ...person, company: 'Twice' });
    const deal = { create: { name: 'Once' } };
    const calls = await Promise.all([1, 2, 3].map(() => convert(lead['id'], { deal })));
    expect(new Set(calls.map((made) => JSON.stringify(made))).size).toBe(1);
    expect(await convert(lead['id'], { account: null })).toEqual(calls[0]);
    expect(await count('account', 'name', 'Twice')).toBe(1);
    expect(await count('deal', 'name', 'Once')).toBe(1);
    expect(await count('contact', 'accountId', calls[0]?.accountId)).toBe(1);
  });

  it('takes activities, memberships and files along', async () => {
    const lead = await create('lead', { ...person, company: 'Moving' });
    const leadId = String(lead['id']);
    const call = await create('activity', { kind: 'call', subject: 'Call', leadId });
    const [one, both] = [
      await create('campaign', { name: 'One' }),
      await create('campaign', { name: 'Both' }),
    ];
    const contact = await create('contact', { lastName: 'Lovelace' });
    const contactId = contact['id'];
    const member = await create('campaignMember', { campaignId: one['id'], leadId, status: 'sent' });
    const doubled = await create('campaignMember', { campaignId: both['id'], leadId, status: 'responded' });
    const other = await create('campaignMember', { campaignId: both['id'], contactId, status: 'sent' });
    const [blob, file] = [randomUUID(), randomUUID()];
    await engine.database.admin.query(
      `INSERT INTO files.blob (id, sha256, bytes, store_name, wrapped_key, key_id)
       VALUES ($1::uuid, sha256($1::text::bytea), 1, encode(sha256($1::text::bytea), 'hex'), '', 'test')`,
      [blob],
    );
    await engine.database.admin.query(
      `INSERT INTO crm.attachment (id, created_at, updated_at, record_type, record_id, name, media_type, bytes, blob_id)
       VALUES ($1, now(), now(), 'lead', $2, 'a.txt', 'text/plain', 1, $3)`,
      [file, leadId, blob],
    );
    const made = await convert(leadId, { contact: { id: contactId }, deal: { create: {} } });
    expect(await get('activity', call['id'])).toMatchObject({ ...made, leadId });
    expect(await get('campaignMember', member['id'])).toMatchObject({
      leadId: null,
      contactId,
      status: 'sent',
    });
    await expect(get('campaignMember', doubled['id'])).rejects.toMatchObject({ httpStatus: 404 });
    expect(await get('campaignMember', other['id'])).toMatchObject({
      status: 'responded',
      respondedAt: doubled['respondedAt'],
    });
    const { rows } = await engine.database.admin.query(
      'SELECT record_type, record_id FROM crm.attachment WHERE id = $1',
      [file],
    );
    expect(rows).toEqual([{ record_type: 'contact', record_id: contactId }]);
    const [moved] = await engine.audit.history(engine.dataSource, 'attachment', file, { limit: 1 });
    expect(moved).toMatchObject({ after: { recordType: 'contact', recordId: contactId } });
  });

  it('carries custom fields of the same key, and names the required ones that are missing, of all records at once', async () => {
    const field = { kind: 'text', classification: 'internal' } as const;
    for (const type of ['lead', 'contact'])
      await engine.customFields.create(engine.admin, { ...field, type, key: 'region', label: 'Region' });
    const required = { ...field, key: 'vat', label: 'VAT', required: true };
    await engine.customFields.create(engine.admin, { ...required, type: 'account' });
    await engine.customFields.create(engine.admin, { ...required, type: 'contact', key: 'salutation' });
    const lead = await create('lead', { ...person, company: 'Custom', custom: { region: 'North' } });
    await expect(convert(lead['id'])).rejects.toMatchObject(
      refusedAt('account.create.custom.vat', 'contact.create.custom.salutation'),
    );
    expect(await count('account', 'name', 'Custom')).toBe(0);
    expect(await get('lead', lead['id'])).toMatchObject({ status: 'new' });
    const made = await convert(lead['id'], {
      account: { create: { custom: { vat: 'GB1' } } },
      contact: { create: { custom: { salutation: 'Ms' } } },
    });
    expect((await get('contact', made.contactId))['custom']).toEqual({ region: 'North', salutation: 'Ms' });
    for (const { id } of engine.customFields.list(engine.admin))
      await engine.customFields.remove(engine.admin, id, true);
  });

  it('leaves nothing behind where one of the records may not be made', async () => {
    const noDeals = await engine.person({
      level: (type, action) => (type === 'deal' && action === 'create' ? 'none' : 'all'),
    });
    const lead = await create('lead', { ...person, company: 'Forbidden' });
    await expect(convert(lead['id'], { deal: { create: {} } }, noDeals)).rejects.toMatchObject({
      httpStatus: 403,
    });
    expect(await count('account', 'name', 'Forbidden')).toBe(0);
    const reader = await engine.person({ level: (_type, action) => (action === 'read' ? 'all' : 'none') });
    await expect(convert(lead['id'], {}, reader)).rejects.toMatchObject({ httpStatus: 403 });
    const own = await engine.person({ level: () => 'own' });
    await expect(convert(lead['id'], {}, own)).rejects.toMatchObject({ httpStatus: 404 });
    const mine = await create('lead', { lastName: 'Mine', company: 'M' }, own);
    const foreign = await create('account', { name: 'Foreign' });
    await expect(convert(mine['id'], { account: { id: foreign['id'] } }, own)).rejects.toMatchObject(
      refusedAt('account.id'),
    );
    expect(await convert(mine['id'], {}, own)).toMatchObject({ dealId: null });
  });

  it('gives no field away that the converter may not see', async () => {
    const blind = await engine.person({ hidden: { lead: new Set(['email']) } });
    const lead = await create('lead', { ...person });
    const made = await convert(lead['id'], {}, blind);
    expect(await get('contact', made.contactId)).toMatchObject({ lastName: 'Lovelace', email: null });
  });

  it('leaves the lead as it was from then on', async () => {
    const lead = await create('lead', { ...person });
    await expect(update('lead', lead['id'], { status: 'converted' })).rejects.toMatchObject(
      refusedAt('status'),
    );
    await expect(create('lead', { ...person, status: 'converted' })).rejects.toMatchObject(
      refusedAt('status'),
    );
    await convert(lead['id']);
    await expect(update('lead', lead['id'], { lastName: 'New' })).rejects.toMatchObject(
      refusedAt('lastName'),
    );
    await expect(update('lead', lead['id'], { status: 'new' })).rejects.toMatchObject(refusedAt('status'));
    await expect(update('lead', lead['id'], { convertedContactId: null })).rejects.toMatchObject(
      refusedAt('convertedContactId'),
    );
  });

  it('refuses an input that it does not understand, by path', () => {
    const wrong: [unknown, string][] = [
      ['x', ''],
      [[], ''],
      [{ pipeline: 1 }, 'pipeline'],
      [{ account: { id: 'x' } }, 'account.id'],
      [{ account: { id: randomUUID(), create: {} } }, 'account'],
      [{ account: { create: [] } }, 'account'],
      [{ contact: null }, 'contact'],
      [{ deal: { id: randomUUID() } }, 'deal.id'],
    ];
    for (const [body, path] of wrong)
      expect(() => parseConversion(body)).toThrow(expect.objectContaining(refusedAt(path)));
  });
});

describe('matches of a lead', () => {
  it('are accounts of the name whatever their legal form, and contacts of the address, as far as they may be seen', async () => {
    const account = await create('account', { name: 'Babbage Engines Corporation' });
    const site = await create('account', { name: 'BEC', website: 'https://www.babbage.example/start' });
    const contact = await create('contact', { lastName: 'B', email: 'charles@babbage.example' });
    const lead = { lastName: 'Babbage', company: 'Babbage Engines Ltd.', email: 'charles@babbage.example' };
    const { id } = await create('lead', lead);
    const matches = (ctx: RequestContext) => engine.context.get(LeadMatching).matches(ctx, String(id));
    expect(await matches(engine.admin)).toEqual({
      accounts: [
        { id: account['id'], title: 'Babbage Engines Corporation', by: 'name' },
        { id: site['id'], title: 'BEC', by: 'website' },
      ],
      contacts: [{ id: contact['id'], title: 'B', by: 'email' }],
    });
    const blind = await engine.person({
      level: (type) => (type === 'account' ? 'own' : 'all'),
      hidden: { contact: new Set(['email']) },
    });
    expect(await matches(blind)).toEqual({ accounts: [], contacts: [] });
  });
});

describe('campaign members', () => {
  it('are a lead or a contact, once per campaign, and stay who they are', async () => {
    const campaignId = (await create('campaign', { name: 'C' }))['id'];
    const leadId = (await create('lead', { lastName: 'L' }))['id'];
    const contactId = (await create('contact', { lastName: 'C' }))['id'];
    await expect(create('campaignMember', { campaignId })).rejects.toMatchObject(refusedAt('leadId'));
    await expect(create('campaignMember', { campaignId, leadId, contactId })).rejects.toMatchObject(
      refusedAt('leadId'),
    );
    const member = await create('campaignMember', { campaignId, leadId });
    await expect(create('campaignMember', { campaignId, leadId })).rejects.toMatchObject({ httpStatus: 409 });
    await expect(update('campaignMember', member['id'], { leadId: null, contactId })).rejects.toMatchObject(
      refusedAt('leadId', 'contactId'),
    );
    const answered = await update('campaignMember', member['id'], { status: 'responded' });
    expect(answered['respondedAt']).toEqual(expect.any(String));
    expect((await update('campaignMember', member['id'], { status: 'attended' }))['respondedAt']).toBe(
      answered['respondedAt'],
    );
  });
});
