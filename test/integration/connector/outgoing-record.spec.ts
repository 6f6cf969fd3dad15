// What people are shown of one record before it leaves is byte for byte what the connector seals.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccessPolicy } from '../../../src/records/index.js';
import { MaintainerDatabase, OutgoingService } from '../../../src/replication/policy/index.js';
import { personContext } from '../replication/policy-database.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const nasty = `O'Brien "x" \\ \u0001\n\t ünï 🏦 \u2028`;
const POLICY = `
types:
  account:
    where: { field: sector, op: neq, value: medical }
    fields: { phone: { mask: last4 }, website: { pseudonym: keyed }, yearEstablished: { generalise: { band: 10 } } }
  contact: { follows: account }
  activity: { follows: [account, contact] }
`;

let world: ConnectorWorld;
let lane: TestPublisher;
let outgoing: OutgoingService;
let maintainer: MaintainerDatabase;
const admin = personContext(randomUUID());
const clerk = personContext(randomUUID());
const seller = personContext(randomUUID());
const ids: Record<string, string> = {};
const id = (name: string): string => ids[name] ?? name;
const access: AccessPolicy = {
  can: () => 'all',
  predicate: () => 'TRUE',
  mayCreateFor: () => true,
  hiddenFields: (ctx) => new Set(ctx === seller ? ['phone'] : []),
  readOnlyFields: () => new Set(),
  hasFlag: (ctx) => ctx !== clerk,
  isAdministrator: () => false,
};

beforeAll(async () => {
  world = await openWorld();
  maintainer = new MaintainerDatabase({ maintainerUrl: world.database.urls.maintainer });
  outgoing = new OutgoingService(world.app, maintainer, access);
  const account = (values: object) =>
    world.insert('crm.account', { name: nasty, kind: 'customer', phone: '+44 20 7946 0958', ...values });
  // a database whose own settings would give another text
  await world.sql(`ALTER DATABASE "${world.database.name}" SET timezone = 'Asia/Tokyo'`);
  ids.shop = await account({ sector: 'retail', website: 'https://shop.example', year_established: 1987 });
  ids.clinic = await account({ sector: 'medical' });
  ids.daughter = await account({ sector: 'retail', parent_id: ids.clinic });
  ids.gone = await account({ sector: 'retail', deleted_at: new Date() });
  ids.buyer = await world.insert('crm.contact', { last_name: 'Buyer', account_id: ids.shop });
  ids.doctor = await world.insert('crm.contact', { last_name: 'Doctor', account_id: ids.clinic });
  ids.stranger = await world.insert('crm.contact', { last_name: 'Stranger' });
  ids.user = await world.insert('crm."user"', { name: 'Ada', email: 'ada@example.org', active: true });
  await world.activate(POLICY);
  lane = await world.publisher();
  await lane.settle();
  await world.reader.catchUp();
});
afterAll(async () => {
  await maintainer.onApplicationShutdown();
  await world.end();
});

describe('of a record that leaves', () => {
  it.each([
    ['account', 'shop'],
    ['account', 'daughter'],
    ['contact', 'buyer'],
    ['user', 'user'],
  ])('%s %s, the text is the one that the connector sealed', async (type, name) => {
    const sealed = world.reader.rows(type).get(id(name));
    expect(sealed).toBeDefined();
    expect(await outgoing.underVersion(admin, type, id(name))).toEqual({
      ...{ type, id: id(name), policyVersion: 1, leaves: true, row: sealed, reasons: [] },
    });
    // a document whose views nobody made gives the same text
    const told = await outgoing.underDocument(admin, type, id(name), `version: 2\n${POLICY}`);
    expect(told).toMatchObject({ policyVersion: null, row: sealed });
  });

  it('shows what another document would make of it, and changes nothing', async () => {
    const views = () => world.sql(`SELECT relname, oid FROM pg_class WHERE relkind = 'v' ORDER BY 1`);
    const before = await views();
    const yaml = 'version: 2\ntypes: { account: }';
    const { row } = await outgoing.underDocument(admin, 'accounts', id('clinic'), yaml);
    expect(JSON.parse(row ?? '{}')).toMatchObject({ id: id('clinic'), phone: '+44 20 7946 0958' });
    expect(await views()).toEqual(before);
  });
});

describe('of a record that stays', () => {
  it.each([
    ['account', 'clinic', [{ code: 'filter', through: null }]],
    ['account', 'gone', [{ code: 'recycled', through: null }]],
    ['contact', 'doctor', [{ code: 'parent', through: 'accountId' }]],
    [
      'contact',
      'stranger',
      [{ code: 'parent', through: 'accountId', message: expect.stringMatching(/empty/) }],
    ],
  ])('%s %s, the reason is told', async (type, name, reasons) => {
    expect(world.reader.rows(type).has(id(name))).toBe(false);
    const told = await outgoing.underVersion(admin, type, id(name));
    expect(told).toMatchObject({ leaves: false, row: null });
    expect(told.reasons).toHaveLength(reasons.length);
    expect(told.reasons).toMatchObject(reasons);
  });

  it('each of several reasons is told, and of several parents those that keep it home', async () => {
    const note = (values: object) =>
      world.insert('crm.activity', { kind: 'note', subject: 's', done: false, ...values });
    const torn = await note({ account_id: id('shop'), contact_id: id('doctor'), deleted_at: new Date() });
    expect((await outgoing.underVersion(admin, 'activity', torn)).reasons).toMatchObject([
      { code: 'recycled' },
      { code: 'parent', through: 'contactId' },
    ]);
    const loose = await note({});
    expect((await outgoing.underVersion(admin, 'activity', loose)).reasons).toMatchObject([
      { code: 'parent', through: 'accountId' },
      { code: 'parent', through: 'contactId' },
    ]);
  });

  it('it is told that the policy does not name its type', async () => {
    const product = await world.insert('crm.product', { name: 'p', active: true });
    expect((await outgoing.underVersion(admin, 'product', product)).reasons).toMatchObject([
      { code: 'type-not-named' },
    ]);
    expect(
      (await outgoing.underDocument(admin, 'account', id('shop'), 'version: 9\ntypes: {}')).reasons,
    ).toMatchObject([{ code: 'type-not-named' }]);
  });
});

describe('asking', () => {
  it('takes the newest proposal, or a version by its number', async () => {
    await expect(outgoing.underVersion(admin, 'account', id('clinic'), 'proposed')).rejects.toMatchObject({
      code: 'not_found',
    });
    await world.sql(`INSERT INTO replication.policy (version, yaml, hash, proposed_by, reason)
      VALUES (2, E'version: 2\\ntypes: { account: }', '', gen_random_uuid(), 'r')`);
    for (const which of ['proposed', '2'])
      expect(await outgoing.underVersion(admin, 'account', id('clinic'), which)).toMatchObject({
        ...{ policyVersion: 2, leaves: true },
      });
    await expect(outgoing.underVersion(admin, 'account', id('clinic'), '77')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('is for those who manage the cloud and may read every field', async () => {
    for (const ctx of [clerk, seller])
      await expect(outgoing.underVersion(ctx, 'account', id('shop'))).rejects.toMatchObject({
        code: 'not_allowed',
      });
  });

  it('for what is not there is answered so', async () => {
    for (const [type, which] of [
      ['account', randomUUID()],
      ['acount', id('shop')],
    ] as const)
      await expect(outgoing.underVersion(admin, type, which)).rejects.toMatchObject({ code: 'not_found' });
  });
});
