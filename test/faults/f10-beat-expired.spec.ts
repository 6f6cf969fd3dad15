import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { beatKey, signBeat, verifyBeat } from '../../src/replication/format/index.js';
import { ReplicaStatus } from '../../src/replication/replica/replica-status.js';
import { TENANT } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, sendBeat, type FaultWorld } from './fault-world.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

async function shown() {
  expect(await world.replica.catchUp()).toBe('idle');
  const status = new ReplicaStatus();
  await status.refresh(world.replica.pool);
  return status.view();
}

it('F10 after its beat has expired a state is shown as authentic, and as old', async () => {
  const lane = await world.begin();
  await sendBeat(world, lane);
  expect(await shown()).toMatchObject({ n: 1, stale: false, lastError: null });
  const beat = verifyBeat(await world.bucket.get(beatKey), world.trust.chain, { tenant: TENANT });
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const old = { ...beat, asOf: ago(180_000), createdAt: ago(180_000), expires: ago(60_000) };
  await world.bucket.put(beatKey, signBeat(old, world.trust.signer));
  expect(await shown()).toMatchObject({ n: 1, stale: true, lastError: null });
  await world.people.work();
  await lane.settle();
  expect(await shown()).toMatchObject({ n: 2, stale: true, lastError: null });
  await sendBeat(world, lane);
  expect(await shown()).toMatchObject({ n: 2, stale: false, lastError: null });
  await expectSound(world);
});
