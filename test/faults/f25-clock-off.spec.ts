import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ReplicaStatus } from '../../src/replication/replica/replica-status.js';
import { expectSound } from './checkers.js';
import { expireLease, startChild } from './child-process.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

const HOUR_MS = 3_600_000;
let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

/** A connector on a machine whose clock is off. */
async function publishAt(offset: '-1d' | '+1d'): Promise<void> {
  await expireLease(world);
  // its timers run by the true clock, else it would sleep for a day
  const child = startChild(world, { play: 'lane' }, [
    ...['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'DONT_FAKE_MONOTONIC=1', 'faketime', '-f', offset],
  ]);
  await child.ended;
  expect(child.said).toMatchObject({ hasLease: true, outcome: 'idle' });
  const hoursOff = Math.round(((child.said.now ?? 0) - Date.now()) / HOUR_MS);
  expect(hoursOff).toBe(offset === '-1d' ? -24 : 24);
}

async function isStale(): Promise<boolean> {
  expect(await world.replica.catchUp()).toBe('idle');
  const status = new ReplicaStatus();
  await status.refresh(world.replica.pool);
  return status.isStale;
}

it('F25 a clock that is a day off, either way, moves the time of expiry and nothing else', async () => {
  await (await world.begin()).vanish();
  await world.people.work();
  await publishAt('+1d');
  expect(await isStale()).toBe(false);
  expect(await world.replica.position()).toBe('1.2');
  await world.people.work();
  await publishAt('-1d');
  expect(await isStale()).toBe(true);
  expect(await world.replica.position()).toBe('1.3');
  await expectSound(world);
});
