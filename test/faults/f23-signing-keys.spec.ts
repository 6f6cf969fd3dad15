import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConnectorKeyStore, manifestKey } from '../../src/replication/format/index.js';
import {
  addManifestKey,
  fingerprintOf,
  nextManifestKey,
  retireManifestKey,
} from '../../src/replication/trust/index.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { admin, connectorFolder, openKeeper, replaced } from '../integration/connector/trust-world.js';
import { rawObjects } from '../integration/replication/canary-search.js';
import { differences, expectSound } from './checkers.js';
import { newAccount, openFaultWorld, type FaultWorld } from './fault-world.js';
import { bucketContent } from './own-postgres.js';

const NAME = 'Legible Ltd';

let world: FaultWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
});
afterEach(() => world.end());

async function signedBy(generation: number, n: number): Promise<string[]> {
  const object = (await world.bucket.get(manifestKey(generation, n))).toString('utf8');
  const { signatures } = JSON.parse(object) as { signatures: { keyid: string }[] };
  return signatures.map(({ keyid }) => keyid.slice(0, 16));
}

async function publishMore(): Promise<void> {
  await world.people.work();
  await lane.settle();
}

/** A reader that has seen nothing yet reads the chain from its first object on. */
async function expectReadableFromTheStart(position: string): Promise<void> {
  const fresh = await world.freshReplica({ generation: 1, n: 1 });
  try {
    expect(await fresh.catchUp()).toBe('idle');
    expect(await fresh.position()).toBe(position);
    expect(await differences({ ...world, replica: fresh })).toEqual([]);
  } finally {
    await fresh.close();
  }
}

it('F23 a manifest key that is rotated in the middle of a chain: what is new is signed by the new one, all of it is read', async () => {
  const old = world.trust.signer.publicKey;
  await publishMore();
  const keeper = await openKeeper(world);
  const key = await nextManifestKey(world.folder, keeper.chain);
  await addManifestKey(keeper, admin, key);
  await publishMore();
  expect(await signedBy(1, 1)).toEqual([fingerprintOf(old)]);
  expect(await signedBy(1, 2)).toEqual([fingerprintOf(old)]);
  expect(await signedBy(1, 3)).toEqual([fingerprintOf(key)]);
  await expectReadableFromTheStart('1.3');
  expect(await world.replica.catchUp()).toBe('idle');

  await retireManifestKey(await openKeeper(world), admin, fingerprintOf(old), false);
  await publishMore();
  expect(await signedBy(2, 1)).toEqual([fingerprintOf(key)]);
  await expectReadableFromTheStart('2.1');
  await expectSound(world);
});

it('F23 a signing key that is lost: nothing leaves, neither open nor under another key, until it is back', async () => {
  await publishMore();
  const path = join(connectorFolder(world), 'signing.key');
  const backup = await readFile(path);
  const before = await bucketContent(world);
  await rm(path);
  await newAccount(world, NAME, 'retail');
  lane = await replaced(world, lane);
  await expectNothingLeaves();

  // a key is here again, and no root knows it
  await new ConnectorKeyStore(connectorFolder(world)).prepareSigner(new Set());
  lane = await replaced(world, lane);
  await expectNothingLeaves();

  await writeFile(path, backup, { mode: 0o600 });
  await lane.settle();
  expect(await world.bucket.head(manifestKey(1, 3))).not.toBeNull();
  await expectSound(world);

  async function expectNothingLeaves(): Promise<void> {
    for (const _try of [1, 2])
      await expect(lane.settle()).rejects.toMatchObject({ code: 'signing-key-missing' });
    expect(await bucketContent(world)).toEqual(before);
    const left = [...(await rawObjects(world.bucket)), ...(await spooled())];
    expect(left.filter(({ bytes }) => bytes.includes(NAME))).toEqual([]);
  }
});

async function spooled(): Promise<{ where: string; bytes: Buffer }[]> {
  const entries = await readdir(world.spoolFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ name, parentPath }) => ({
      where: name,
      bytes: await readFile(join(parentPath, name)),
    })),
  );
}
