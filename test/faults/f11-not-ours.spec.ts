import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  generateSigningKey,
  signerFrom,
  type Manifest,
  type Signer,
} from '../../src/replication/format/index.js';
import {
  addManifestKey,
  fingerprintOf,
  nextManifestKey,
  retireManifestKey,
} from '../../src/replication/trust/index.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { admin, openKeeper } from '../integration/connector/trust-world.js';
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
  const keeper = await openKeeper(world);
  await addManifestKey(keeper, admin, await nextManifestKey(world.folder, keeper.chain));
  await lane.settle();
  await retireManifestKey(await openKeeper(world), admin, fingerprintOf(retired.publicKey), false);
  await lane.settle();
  expect(await world.replica.catchUp()).toBe('idle');
  expect(await world.replica.position()).toBe('2.1');
  await world.people.work();
  await lane.settle();
  const restore = await forgeManifest(world, { generation: 2, n: 2 }, {}, retired);
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.errorCode()).toBe('format.signature_invalid');
  expect(await world.replica.position()).toBe('2.1');
  await restore();
  await expectSound(world);
});
