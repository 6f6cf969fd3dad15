import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AccessPolicy } from '../../../src/records/index.js';
import { PublicationsService, type RecordPublication } from '../../../src/replication/cloud/index.js';
import { personContext } from '../replication/policy-database.js';
import { Crash, crashAt, openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical }, fields: { kind: omit, phone: { mask: last4 } } }
`;
const WIDER = `
types:
  account: { where: { field: sector, op: neq, value: medical }, fields: { phone: { mask: last4 } } }
`;

let world: ConnectorWorld;
let lane: TestPublisher;
let log: PublicationsService;
const ctx = personContext(randomUUID());

beforeAll(async () => {
  world = await openWorld();
  await world.activate(POLICY);
  lane = await world.publisher();
  log = new PublicationsService(world.app, { hasFlag: () => true } as unknown as AccessPolicy);
});
afterAll(() => world.end());

const account = (sector = 'software') =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector });

const record = (id: string): Promise<RecordPublication> => log.record(ctx, 'account', id);
const placeOf = (place: RecordPublication['first']): string | null =>
  place === null ? null : `${String(place.generation)}/${String(place.n)}`;

describe('what is known of one record', () => {
  let first: string;
  let second: string;
  let secret: string;

  it('names the snapshot that it left with, and the fields', async () => {
    first = await account();
    secret = await account('medical');
    await lane.settle();
    const found = await record(first);
    expect(found.isPublished).toBe(true);
    expect([placeOf(found.first), placeOf(found.last)]).toEqual(['1/1', '1/1']);
    expect(found.first?.publishedAt).toMatch(/Z$/);
    expect(found.columns).toContain('phone');
    expect(found.columns).not.toContain('kind');
    expect(found.treatments).toContainEqual({ field: 'phone', as: 'mask last4' });
  });

  it('says of what stays home that it never left', async () => {
    expect(await record(secret)).toMatchObject({
      isPublished: false,
      first: null,
      last: null,
      withdrawn: null,
    });
  });

  it('follows changes', async () => {
    second = await account();
    await lane.settle();
    await world.sql(`UPDATE crm.account SET name = 'Renamed' WHERE id = $1`, [second]);
    await lane.settle();
    const found = await record(second);
    expect([placeOf(found.first), placeOf(found.last)]).toEqual(['1/2', '1/3']);
  });

  it('says when it left the cloud copy, and when it came back', async () => {
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [second]);
    await lane.settle();
    const gone = await record(second);
    expect(gone.isPublished).toBe(false);
    expect([placeOf(gone.first), placeOf(gone.last), placeOf(gone.withdrawn)]).toEqual(['1/2', '1/3', '1/4']);
    await world.sql(`UPDATE crm.account SET sector = 'software' WHERE id = $1`, [second]);
    await lane.settle();
    const back = await record(second);
    expect([placeOf(back.first), placeOf(back.last), placeOf(back.withdrawn)]).toEqual(['1/2', '1/5', null]);
  });

  it('does not count a batch that was taken back', async () => {
    await lane.vanish();
    lane = await world.publisher({ listeners: [crashAt('recorded')] });
    await world.sql(`UPDATE crm.account SET name = 'Lost' WHERE id = $1`, [second]);
    await expect(lane.settle()).rejects.toBeInstanceOf(Crash);
    const pending = await lane.publisher.batches.pending();
    if (pending === null) throw new Error('no batch is pending');
    await lane.publisher.batches.undo(pending, 'test');
    const found = await record(second);
    expect(placeOf(found.last)).toBe('1/5');
    await lane.settle();
    expect(placeOf((await record(second)).last)).toBe('1/6');
  });

  it('outlives its ledger when the policy changes', async () => {
    await world.activate(WIDER);
    await world.sql('DELETE FROM crm.account WHERE id = $1', [first]);
    await lane.settle();
    const gone = await record(first);
    expect(gone.isPublished).toBe(false);
    expect([placeOf(gone.first), placeOf(gone.last), placeOf(gone.withdrawn)]).toEqual(['1/1', '1/1', '2/1']);
    expect(gone.columns).not.toContain('kind');
    const kept = await record(second);
    expect([placeOf(kept.first), placeOf(kept.last)]).toEqual(['1/2', '2/1']);
    expect(kept.columns).toContain('kind');
  });

  it('goes on where a generation is made beside the chain', async () => {
    await world.sql(`INSERT INTO replication.generation_request (id, reason) VALUES ($1, 'test')`, [
      randomUUID(),
    ]);
    lane.publisher.rebaser.lookNow();
    await lane.settle();
    expect((await lane.publisher.generations.current())?.id).toBe(3);
    const found = await record(second);
    expect([placeOf(found.first), placeOf(found.last)]).toEqual(['1/2', '2/1']);
  });
});

describe('the batches that left', () => {
  it('are listed page by page, newest first, with what they changed', async () => {
    const first = await log.list(ctx, { limit: 3 });
    expect(first.map(({ generation, n }) => `${String(generation)}/${String(n)}`)).toEqual([
      '3/1',
      '2/1',
      '1/6',
    ]);
    expect(first[2]).toMatchObject({
      kind: 'delta',
      policyVersion: 1,
      types: [{ type: 'account', upserts: 1, deletes: 0 }],
    });
    const rest = await log.list(ctx, { limit: 10, before: { generation: 1, n: 6 } });
    expect(rest.map(({ n }) => n)).toEqual([5, 4, 3, 2, 1]);
  });

  it('are found by type and time', async () => {
    expect(await log.list(ctx, { limit: 10, type: 'deal' })).toEqual([]);
    expect(await log.list(ctx, { limit: 10, until: new Date('2000-01-01') })).toEqual([]);
  });

  it('name each object with the digest that the bucket has', async () => {
    const [object] = await log.objects(ctx, { generation: 1, n: 2 }, { offset: 0, limit: 10 });
    const manifest = await world.readManifest(1, 2);
    const [part] = manifest.parts;
    expect(object).toEqual({ name: part?.name, bytes: part?.bytes, sha256: part?.sha256 });
  });
});
