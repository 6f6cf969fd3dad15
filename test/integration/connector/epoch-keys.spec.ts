// A bucket that takes `If-None-Match` and ignores it: F12. Keys carry the epoch, and the highest signed one counts.
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LaneStep } from '../../../connector/publish/lane-events.js';
import type { PublisherOptions } from '../../../connector/publish/publisher.js';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import {
  manifestKey,
  manifestPrefix,
  parsePartKey,
  partPrefix,
  signManifest,
  TrustChain,
} from '../../../src/replication/format/index.js';
import { ReplicaBucket } from '../../../src/replication/replica/replica-bucket.js';
import { VerifiedBucket } from '../../../src/replication/replica/verified-bucket.js';
import { Crash, crashAt, openWorld, TENANT, viewContent, type ConnectorWorld } from './connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
`;

let world: ConnectorWorld;
let ignoring: Bucket;
beforeEach(async () => {
  world = await openWorld();
  await world.activate(POLICY);
  ignoring = ignoresConditions(world.bucket);
});
afterEach(() => world.end());

function ignoresConditions(bucket: Bucket): Bucket {
  return new Proxy(bucket, {
    get(target, name) {
      if (name === 'put') return (key: string, body: Buffer) => target.put(key, body);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function publisher(options: Partial<PublisherOptions> & { leaseMs?: number } = {}) {
  const made = await world.publisher({ ...options, bucket: ignoring });
  made.publisher.manifestKeys = 'epoch';
  return made;
}

const account = (values: Record<string, unknown> = {}) =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'software', ...values });

async function manifests(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.bucket.list(manifestPrefix())) keys.push(key);
  return keys;
}

async function expectExact(): Promise<void> {
  await world.reader.catchUp();
  expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
}

async function partsOf(generation: number, n: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.bucket.list(partPrefix(generation)))
    if (parsePartKey(key)?.n === n) keys.push(key);
  return keys;
}

/** The replica's own choice among what stands at a place. */
async function chosen(generation: number, n: number) {
  const trust = TrustChain.pin(world.rootObject, { tenant: TENANT });
  const verified = new VerifiedBucket(new ReplicaBucket(world.bucket), trust, () => Promise.resolve(false));
  return verified.manifest({ generation, n }, null);
}

describe('on a bucket that ignores conditions', () => {
  it('names manifests with the epoch, goes on after a takeover, and is read in order', async () => {
    const first = await publisher();
    await account();
    await first.settle();
    await account({ name: 'second' });
    await first.settle();
    await first.vanish();
    await account({ name: 'third' });
    const second = await publisher();
    await second.settle();
    expect(await manifests()).toEqual([manifestKey(1, 1, 1), manifestKey(1, 2, 1), manifestKey(1, 3, 2)]);
    await expectExact();
    expect(await chosen(1, 3)).toMatchObject({ manifest: { epoch: 2, n: 3 } });
  });

  it('finishes under its old name what a killed publisher had signed', async () => {
    const first = await publisher({ listeners: [crashAt('manifest-ready')] });
    await account();
    await expect(first.settle()).rejects.toThrow(Crash);
    await first.vanish();
    const second = await publisher();
    await second.settle();
    expect(await manifests()).toEqual([manifestKey(1, 1, 1)]);
    await expectExact();
  });

  it('never lets a frozen publisher win whose manifest lands when its successor has published', async () => {
    const first = await publisher();
    await account();
    await first.settle();
    await first.vanish();
    await account({ name: 'of the frozen one' });
    const frozen = await publisher({ listeners: [crashAt('manifest-ready')] });
    await expect(frozen.settle()).rejects.toThrow(Crash);
    const { manifest: late } = (
      await world.sql(`SELECT manifest FROM replication.batch WHERE state = 'pending'`)
    )[0] as { manifest: Buffer };
    await frozen.vanish();
    await rm(world.spoolFolder, { recursive: true });
    await world.bucket.remove(await partsOf(1, 2)); // whole in the bucket, its batch would be finished and not made anew
    const successor = await publisher();
    await successor.settle();
    await world.bucket.put(manifestKey(1, 2, 2), late);
    await account({ name: 'after it' });
    await successor.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 2 });
    expect((await chosen(2, 2))?.digest).toBe(world.reader.head?.digest);
  });

  it('begins anew where a batch that was taken back stands beside its own', async () => {
    const lane = await publisher();
    await account();
    await lane.settle();
    await lane.vanish();
    const [snapshot] = await manifests();
    const taken = await world.bucket.get(snapshot ?? '');
    await world.sql(
      `INSERT INTO replication.undone_batch (nonce, generation, n, reason)
         SELECT nonce, generation, 2, 'test' FROM replication.batch WHERE generation = 1 AND n = 1`,
    );
    await account({ name: 'second' });
    const racing = await publisher({
      listeners: [
        {
          onStep: async (step: LaneStep, { generation, n }: { generation: number; n: number }) => {
            // it lands before ours does, so some reader may have taken it
            if (step === 'manifest-ready' && generation === 1 && n === 2)
              await world.bucket.put(manifestKey(1, 2, 0), taken);
          },
        },
      ],
    });
    await racing.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2 });
  });

  it('is a fork where a stranger stands beside its own', async () => {
    const lane = await publisher();
    await account();
    await lane.settle();
    await world.bucket.put(manifestKey(1, 2, 9), Buffer.from('{}'));
    await account({ name: 'second' });
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  });

  it('begins anew, under epochs, where the bucket kept conditions before', async () => {
    const before = await world.publisher();
    await account();
    await before.settle();
    await before.vanish();
    const lane = await publisher();
    await lane.settle();
    expect((await manifests()).at(-1)).toBe(manifestKey(2, 1, 2));
    await expectExact();
  });
});

describe("a replica's choice", () => {
  it('passes over what is not signed, and takes the highest that is', async () => {
    const lane = await publisher();
    await account();
    await lane.settle();
    await world.bucket.put(manifestKey(1, 1, 99), Buffer.from('{"not":"signed"}'));
    expect(await chosen(1, 1)).toMatchObject({ manifest: { epoch: 1 } });
    const own = (await chosen(1, 1))?.manifest;
    if (own === undefined) throw new Error('no manifest');
    const higher = signManifest({ ...own, epoch: 7 }, world.trust.signer);
    await world.bucket.put(manifestKey(1, 1, 7), higher);
    expect(await chosen(1, 1)).toMatchObject({ manifest: { epoch: 7 } });
    await world.bucket.remove([manifestKey(1, 1, 7)]);
    const signed = await world.bucket.get(manifestKey(1, 1, 1));
    await world.bucket.put(manifestKey(1, 1, 98), signed);
    await expect(chosen(1, 1)).rejects.toMatchObject({ code: 'format.out_of_place' });
    await world.bucket.remove([manifestKey(1, 1, 1), manifestKey(1, 1, 98)]);
    await expect(chosen(1, 1)).rejects.toMatchObject({ code: 'format.malformed' });
  });
});
