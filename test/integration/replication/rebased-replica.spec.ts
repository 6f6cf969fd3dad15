import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import {
  openWorld,
  viewContent,
  type ConnectorWorld,
  type TestPublisher,
} from '../connector/connector-world.js';
import { beat, collectAcks, startFollower, type FollowingReplica } from './follower-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
`;
const rules = { maxBatches: 1_000_000, graceMs: 3_600_000, pauseFactor: 0, lookEveryMs: 10_000 };

let world: ConnectorWorld;
let lane: TestPublisher;
let replica: FollowingReplica;

async function makeWorld(): Promise<void> {
  world = await openWorld();
  await world.activate(POLICY);
  for (let index = 0; index < 12; index += 1) await account();
  lane = await world.publisher({ rebaseRows: 5, rebaseRules: rules });
  await publish();
  replica = await startFollower(world);
}

async function endWorld(): Promise<void> {
  await replica.stop();
  await world.end();
}

const account = () => world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'software' });

async function publish(): Promise<void> {
  await lane.settle();
  await beat(world, lane);
}

async function rebase(): Promise<void> {
  await world.sql(`INSERT INTO replication.generation_request (id, reason) VALUES ($1, 'test')`, [
    randomUUID(),
  ]);
  lane.publisher.rebaser.lookNow();
  await publish();
}

async function expectEqual(): Promise<void> {
  const [there, here] = [await replica.rows('crm.account'), await viewContent(world, 'account')];
  expect([...there.keys()].sort()).toEqual([...here.keys()].sort());
}

/** Names of the sealed parts that the follower reads while `work` runs. */
async function partsRead(work: () => Promise<unknown>): Promise<string[]> {
  const { bucket } = world;
  const read: string[] = [];
  const stream = bucket.stream.bind(bucket);
  bucket.stream = (key, ...rest) => {
    if (key.startsWith('d/')) read.push(key);
    return stream(key, ...rest);
  };
  try {
    await work();
  } finally {
    bucket.stream = stream;
  }
  return read;
}

describe('a replica of a generation that was made anew', () => {
  beforeAll(makeWorld);
  afterAll(endWorld);

  it('takes it over without reading a part of it, where it stands at the same state', async () => {
    await replica.catchUp();
    await rebase();
    expect(await partsRead(() => replica.catchUp())).toEqual([]);
    expect(await replica.position()).toEqual({ generation: 2, n: 1 });
    await account();
    await publish();
    await replica.catchUp();
    expect(await replica.position()).toEqual({ generation: 2, n: 2 });
    await expectEqual();
  });

  it('goes on along the old generation to where the two meet', async () => {
    await account();
    await publish();
    await account();
    await rebase();
    const read = await partsRead(() => replica.catchUp());
    expect(read.every((key) => key.startsWith('d/00000002/'))).toBe(true);
    expect((await replica.position()).generation).toBe(3);
    await expectEqual();
  });

  it('reads the new snapshot where the old generation is gone', async () => {
    await account();
    await publish();
    await rebase();
    await purgeGenerationsBelow(world.bucket, 4, new AbortController().signal);
    const read = await partsRead(() => replica.catchUp());
    expect(read.length).toBeGreaterThan(0);
    expect(read.every((key) => key.startsWith('d/00000004/'))).toBe(true);
    await expectEqual();
  });

  it('reads the new snapshot where a part of the way to it is lost', async () => {
    await account();
    await publish();
    await account();
    await publish();
    const { generation, n } = await replica.position();
    await rebase();
    const name = `${String(generation).padStart(8, '0')}/${String(n + 1).padStart(10, '0')}.json`;
    await rm(join(world.bucketFolder, 'm', name));
    await replica.catchUp();
    expect((await replica.position()).generation).toBe(generation + 1);
    await expectEqual();
  });
});

describe('the keys of a replica', () => {
  beforeAll(makeWorld);
  afterAll(endWorld);

  it('are made for each generation, announced before it, and destroyed after it', async () => {
    await replica.catchUp();
    const [enrolled] = (await world.readManifest(1, 1)).recipients;
    expect(await collectAcks(world, lane)).toEqual([]);
    await rebase();
    const [second] = (await world.readManifest(2, 1)).recipients;
    expect(second).not.toBe(enrolled);
    await replica.catchUp();
    expect((await replica.keys.recipients()).map(({ recipient }) => recipient)).not.toContain(enrolled);
    await collectAcks(world, lane);
    const acks = await world.sql('SELECT generation, destroyed FROM replication.replica_ack');
    expect(acks).toEqual([{ generation: 2, destroyed: [enrolled] }]);
    await rebase();
    expect((await world.readManifest(3, 1)).recipients).not.toContain(second);
  });

  it('of a replica that has said nothing new stay what they were', async () => {
    const [third] = (await world.readManifest(3, 1)).recipients;
    await rebase();
    expect((await world.readManifest(4, 1)).recipients).toEqual([third]);
    await replica.catchUp();
    await account();
    await publish();
    await replica.catchUp();
    await expectEqual();
  });
});
