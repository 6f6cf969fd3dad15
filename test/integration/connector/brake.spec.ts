// F21: rows leave by mistake, many at once. The replica keeps them until a person says that it is meant.
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccessPolicy } from '../../../src/records/index.js';
import { CloudBrakeService, CloudStatusService } from '../../../src/replication/cloud/index.js';
import { MaintainerDatabase, PolicyService } from '../../../src/replication/policy/index.js';
import { waitFor } from '../../support/index.js';
import { personContext } from '../replication/policy-database.js';
import { openWorld, viewContent, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const TYPES = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
`;
const THRESHOLD = 5;
const POLICY = `${TYPES}brake: { deletes: ${String(THRESHOLD)} }\n`;
const ACCOUNTS = 20;
/** 60 % */
const MISTAKEN = 12;

let world: ConnectorWorld;
let maintainer: MaintainerDatabase;
let lane: TestPublisher;
let statuses: CloudStatusService;
let brakes: CloudBrakeService;
const admin = personContext(randomUUID());
const clerk = personContext(randomUUID());
const ids: string[] = [];
const access: AccessPolicy = {
  can: () => 'all',
  predicate: () => 'TRUE',
  mayCreateFor: () => true,
  hiddenFields: () => new Set(),
  readOnlyFields: () => new Set(),
  hasFlag: (ctx, flag) => flag === 'manageCloud' && ctx !== clerk,
  isAdministrator: () => false,
};

const account = (values: object = {}) =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'retail', ...values });
const sectorOf = (sector: string, some: readonly string[]) =>
  world.sql('UPDATE crm.account SET sector = $1 WHERE id = ANY ($2::uuid[])', [sector, some]);
const brake = async () => (await statuses.status(admin)).brake;
const outcome = async () => (await lane.settle()).at(-1);
const openLane = () => world.publisher({ brake: { lookMs: 0 } });

/** A hold is looked at again only now and then. */
async function eventually(wanted: string): Promise<void> {
  await waitFor(async () => (await outcome()) === wanted, { timeoutMs: 20_000, what: wanted });
}

/** The mistake: so many accounts, with a contact on each of the first three. */
async function slip(count = MISTAKEN): Promise<void> {
  await sectorOf('medical', ids.slice(0, count));
}

async function expectAsBefore(rows: Map<string, string>): Promise<void> {
  expect(await world.reader.catchUp()).toEqual([]);
  expect(world.reader.rows('account')).toEqual(rows);
}

beforeAll(async () => {
  world = await openWorld();
  maintainer = new MaintainerDatabase({ maintainerUrl: world.database.urls.maintainer });
  const policies = new PolicyService(world.app, maintainer, world.audit, access);
  statuses = new CloudStatusService(world.app, policies, access);
  brakes = new CloudBrakeService(world.app, world.audit, access);
  for (let index = 0; index < ACCOUNTS; index += 1) ids.push(await account({ name: `a${String(index)}` }));
  for (const parent of ids.slice(0, 3))
    await world.insert('crm.contact', { last_name: 'Doe', account_id: parent });
  await world.activate(POLICY);
  lane = await openLane();
  await lane.settle();
  await world.reader.catchUp();
});
afterAll(async () => {
  await maintainer.onApplicationShutdown();
  await world.end();
});

describe('a batch with as many deletes as the policy lets pass', () => {
  it('goes out by itself', async () => {
    const extra: string[] = [];
    for (let index = 0; index < THRESHOLD; index += 1) extra.push(await account());
    await lane.settle();
    await sectorOf('medical', extra);
    expect(await lane.settle()).toEqual(['published', 'idle']);
    const applied = await world.reader.catchUp();
    expect(applied.at(-1)?.types.find(({ type }) => type === 'account')?.deletes).toBe(THRESHOLD);
    expect(await brake()).toBeNull();
  });
});

describe('a batch with more', () => {
  let before: Map<string, string>;
  let asOf: Date | null;

  it('is held: the replica keeps every row, and nothing of it is in bucket, spool or database', async () => {
    before = new Map(world.reader.rows('account'));
    asOf = lane.publisher.currentAsOf;
    await slip();
    expect(await lane.settle()).toEqual(['held']);
    await expectAsBefore(before);
    expect(await world.sql(`SELECT 1 FROM replication.batch WHERE state = 'pending'`)).toEqual([]);
    expect(await readdir(world.spoolFolder)).toEqual([]);
    expect(lane.publisher.currentAsOf).toEqual(asOf);
  });

  it('is shown with its counts over all types and a few ids, and only the counts to who may not confirm', async () => {
    const held = await brake();
    expect(held).toMatchObject({
      deletes: { account: MISTAKEN, contact: 3 },
      threshold: THRESHOLD,
      confirmation: null,
    });
    expect(held?.samples.account).toHaveLength(5);
    for (const id of held?.samples.account ?? []) expect(ids.slice(0, MISTAKEN)).toContain(id);
    expect((await statuses.status(clerk)).brake).toMatchObject({
      ...{ deletes: { account: MISTAKEN, contact: 3 }, samples: {}, token: '' },
    });
  });

  it('makes later changes wait, and is counted again as they come', async () => {
    await world.sql(`UPDATE crm.account SET name = 'later' WHERE id = $1`, [ids[ACCOUNTS - 1]]);
    await slip(MISTAKEN + 1);
    await waitFor(
      async () => {
        await lane.settle();
        return (await brake())?.deletes.account === MISTAKEN + 1;
      },
      { timeoutMs: 20_000, what: 'another look' },
    );
    await expectAsBefore(before);
    expect(lane.publisher.currentAsOf).toEqual(asOf);
  });

  it('is held on by a connector that was killed and starts anew, since when it was, under the same name', async () => {
    const held = await brake();
    await lane.vanish();
    lane = await openLane();
    expect(await outcome()).toBe('held');
    await expectAsBefore(before);
    expect(await brake()).toMatchObject({ since: held?.since, token: held?.token });
    // what the heartbeat says: the state before is the newest there is, and no newer than it was
    expect(lane.publisher.currentAsOf?.getTime()).toBeLessThanOrEqual(held?.since.getTime() ?? 0);
    expect(lane.publisher.currentAsOf).not.toBeNull();
  });

  it('is released by itself when the mistake is undone, and what waited goes out', async () => {
    await sectorOf('retail', ids.slice(0, MISTAKEN + 1));
    await eventually('idle');
    const applied = await world.reader.catchUp();
    expect(applied.flatMap(({ types }) => types).every(({ deletes }) => deletes === 0)).toBe(true);
    expect(world.reader.rows('account').get(ids[ACCOUNTS - 1] ?? '')).toContain('later');
    expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
    expect(await brake()).toBeNull();
    expect(world.reader.rows('account').size).toBe(before.size);
  });
});

describe('what was put into the recycle bin by mistake', () => {
  it('stays on the replica until it is restored', async () => {
    const some = ids.slice(0, MISTAKEN);
    await world.sql('UPDATE crm.account SET deleted_at = now() WHERE id = ANY ($1::uuid[])', [some]);
    expect(await outcome()).toBe('held');
    expect(await world.reader.catchUp()).toEqual([]);
    await world.sql('UPDATE crm.account SET deleted_at = NULL WHERE id = ANY ($1::uuid[])', [some]);
    await eventually('idle');
    expect(await brake()).toBeNull();
    await world.reader.catchUp();
    expect(world.reader.rows('account').size).toBe(ACCOUNTS);
  });
});

describe('a confirmation', () => {
  const seen = { account: MISTAKEN, contact: 3 };
  let token: string;

  it('needs the right to manage the cloud, what is held now, and no fewer than there are', async () => {
    await expect(brakes.confirm(admin, { token: 'x', deletes: seen })).rejects.toMatchObject({
      code: 'brake_not_held',
    });
    await slip();
    expect(await outcome()).toBe('held');
    token = (await brake())?.token ?? '';
    await expect(brakes.confirm(clerk, { token, deletes: seen })).rejects.toMatchObject({
      code: 'not_allowed',
    });
    for (const [deletes, told] of [
      [{ ...seen, account: MISTAKEN - 1 }, /You confirm 11 deletes of account, and 12 would go now/],
      [{ account: MISTAKEN }, /You confirm 0 deletes of contact, and 3/],
    ] as const)
      await expect(brakes.confirm(admin, { token, deletes })).rejects.toMatchObject({
        ...{ code: 'brake_moved', message: expect.stringMatching(told), extensions: { deletes: seen } },
      });
    await expect(brakes.confirm(admin, { token: 'other', deletes: seen })).rejects.toMatchObject({
      code: 'brake_moved',
    });
    for (const [deletes, path] of [
      [{ ...seen, deal: 1 }, 'deletes.deal'],
      [{ ...seen, account: '12' }, 'deletes.account'],
    ] as const)
      await expect(brakes.confirm(admin, { token, deletes })).rejects.toMatchObject({
        ...{ code: 'invalid_input', errors: [{ path }] },
      });
    expect(await outcome()).toBe('held');
    expect(await world.sql('SELECT 1 FROM replication.brake_confirmation')).toEqual([]);
  });

  it('lets nothing out once it has run out', async () => {
    await brakes.confirm(admin, { token, deletes: seen });
    await world.sql(`UPDATE replication.brake_confirmation SET expires_at = now() - interval '1 s'`);
    expect(await outcome()).toBe('held');
    expect((await brake())?.confirmation).toBeNull();
    expect(await world.reader.catchUp()).toEqual([]);
  });

  it('lets out no more than was confirmed and the threshold', async () => {
    await brakes.confirm(admin, { token, deletes: seen });
    const count = MISTAKEN + THRESHOLD + 1;
    await sectorOf('medical', ids.slice(0, count));
    expect(await outcome()).toBe('held');
    expect((await brake())?.deletes.account).toBe(count);
    expect(await world.reader.catchUp()).toEqual([]);
    await sectorOf('retail', ids.slice(MISTAKEN, count));
    // fewer again than were confirmed, so the same consent is enough
    await eventually('idle');
    const [batch] = await world.reader.catchUp();
    expect(batch?.types.find(({ type }) => type === 'account')?.deletes).toBe(MISTAKEN);
    expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
    expect(await brake()).toBeNull();
  });

  it('stands in the audit, with who gave it, for what and why, and is good for one batch', async () => {
    await sectorOf('retail', ids);
    await lane.settle();
    await slip();
    expect(await outcome()).toBe('held');
    const second = (await brake())?.token ?? '';
    expect(second).not.toBe(token);
    await expect(brakes.confirm(admin, { token, deletes: seen })).rejects.toMatchObject({
      code: 'brake_moved',
    });
    const state = await brakes.confirm(admin, { token: second, deletes: seen, reason: 'clinics are sold' });
    expect(state.confirmation).toMatchObject({ by: { id: admin.principal.userId } });
    const entries = await world.sql(
      `SELECT action, actor_id, reason, field_names FROM audit.leaf WHERE type = 'connector' ORDER BY at DESC, id DESC LIMIT 1`,
    );
    expect(entries).toEqual([
      {
        ...{ action: 'brake-confirmed', actor_id: admin.principal.userId, reason: 'clinics are sold' },
        field_names: ['generation 1', `hold ${second}`, 'account 12', 'contact 3'],
      },
    ]);
    await eventually('idle');
    await world.reader.catchUp();
    expect(world.reader.rows('account').size).toBe(ACCOUNTS - MISTAKEN);
  });
});

describe('a new policy', () => {
  it('passes the brake, and takes what was held with it', async () => {
    await sectorOf('retail', ids);
    await lane.settle();
    await slip();
    expect(await outcome()).toBe('held');
    await world.activate(`${TYPES}brake: { deletes: 1 }\n`);
    expect(await outcome()).toBe('idle');
    await world.reader.catchUp();
    expect(world.reader.head).toMatchObject({ generation: 2 });
    expect(world.reader.rows('account').size).toBe(ACCOUNTS - MISTAKEN);
    expect(await brake()).toBeNull();
  });

  it('without a brake holds nothing', async () => {
    await world.activate(TYPES);
    await lane.settle();
    await world.sql('UPDATE crm.account SET deleted_at = now()');
    expect(await outcome()).toBe('idle');
    await world.reader.catchUp();
    expect(world.reader.rows('account').size).toBe(0);
  });
});

describe('an erasure', () => {
  it('is not kept waiting by what is held', async () => {
    await world.sql(`UPDATE crm.account SET deleted_at = NULL, sector = 'retail'`);
    await world.activate(POLICY);
    await lane.settle();
    await slip();
    expect(await outcome()).toBe('held');
    const request = randomUUID();
    await world.sql(
      `INSERT INTO replication.generation_request (id, reason, due_at) VALUES ($1, 'erasure', now() + interval '1 day')`,
      [request],
    );
    await world.sql(
      `INSERT INTO replication.erasure (id, sequence, subject_type, subject_id, reason, urgent, requested_at, erased, request_id)
       VALUES (gen_random_uuid(), 1, 'account', $1, 'asked for', false, now(), '{"account": 1}', $2)`,
      [ids[ACCOUNTS - 1], request],
    );
    await world.sql('DELETE FROM crm.account WHERE id = $1', [ids[ACCOUNTS - 1]]);
    await eventually('idle');
    await world.reader.catchUp();
    expect(world.reader.rows('account').has(ids[ACCOUNTS - 1] ?? '')).toBe(false);
    expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
    expect(await brake()).toBeNull();
  });
});
