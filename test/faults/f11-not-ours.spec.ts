import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  generateSigningKey,
  keyFolders,
  RootKeyStore,
  rootKey,
  signerFrom,
  type Manifest,
  type Signer,
} from '../../src/replication/format/index.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { forgeManifest } from './forgery.js';

let world: FaultWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
  await world.people.work();
  await lane.settle();
});
afterEach(() => world.end());

async function expectRefused(code: string, change: Partial<Manifest>, signer?: Signer): Promise<void> {
  const restore = await forgeManifest(world, { generation: 1, n: 2 }, change, signer);
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.errorCode()).toBe(code);
  expect(await world.replica.position()).toBe('1.1');
  await restore();
}

it('F11 a manifest that a stranger signed is refused', async () => {
  await expectRefused('format.signature_invalid', {}, signerFrom(generateSigningKey()));
  await expectSound(world);
});

it('F11 a manifest of another tenant is refused, whoever signed it', async () => {
  await expectRefused('format.other_tenant', { tenant: 'other' });
  await expectSound(world);
});

it('F11 a manifest by a key that was retired is refused', async () => {
  await world.replica.catchUp();
  const retired = world.trust.signer;
  const fresh = signerFrom(generateSigningKey());
  const roots = new RootKeyStore(keyFolders(world.folder).root);
  const root = await roots.nextRoot(world.trust.chain, { manifestKeys: [fresh.publicKey] });
  await world.bucket.put(rootKey(2), root);
  world.trust.chain.extend(root);
  // the connector was given its new key
  Object.assign(world.trust, { signer: fresh });
  await world.people.work();
  await lane.settle();
  expect(await world.replica.catchUp()).toBe('idle');
  expect(await world.replica.position()).toBe('1.3');
  await world.people.work();
  await lane.settle();
  const restore = await forgeManifest(world, { generation: 1, n: 4 }, {}, retired);
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.errorCode()).toBe('format.signature_invalid');
  expect(await world.replica.position()).toBe('1.3');
  await restore();
  await expectSound(world);
});
