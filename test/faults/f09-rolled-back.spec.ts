import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectSound } from './checkers.js';
import { openFaultWorld, sendBeat, type FaultWorld } from './fault-world.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';

let world: FaultWorld;
let lane: TestPublisher;
/** puts the bucket of last week in the place of today's, and answers what puts it back */
let setBack: () => Promise<() => Promise<void>>;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
  await sendBeat(world, lane);
  const lastWeek = join(world.folder, 'last-week');
  await cp(world.bucketFolder, lastWeek, { recursive: true });
  await world.people.work();
  await lane.settle();
  await sendBeat(world, lane);
  const put = async (from: string) => {
    await rm(world.bucketFolder, { recursive: true });
    await cp(from, world.bucketFolder, { recursive: true });
  };
  setBack = async () => {
    const today = join(world.folder, 'today');
    await cp(world.bucketFolder, today, { recursive: true });
    await put(lastWeek);
    return () => put(today);
  };
});
afterEach(() => world.end());

it('F09 a bucket that was set back to last week is an alarm and no update', async () => {
  await world.replica.catchUp();
  expect(await world.replica.position()).toBe('1.2');
  const restore = await setBack();
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.errorCode()).toBe('replica.rolled_back');
  expect(await world.replica.position()).toBe('1.2');
  await restore();
  await expectSound(world);
});

it('F09 a fresh replica with a floor does not begin with the bucket of last week', async () => {
  const restore = await setBack();
  const fresh = await world.freshReplica({ generation: 1, n: 2 });
  try {
    expect(await fresh.step()).toBe('failed');
    expect(await fresh.errorCode()).toBe('replica.rolled_back');
    expect(await fresh.position()).toBe('0.0');
    await restore();
    expect(await fresh.catchUp()).toBe('idle');
    expect(await fresh.position()).toBe('1.2');
  } finally {
    await fresh.close();
  }
  await expectSound(world);
});
