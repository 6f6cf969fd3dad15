import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { LaneStep } from '../../connector/publish/lane-events.js';
import { startChild, expireLease } from './child-process.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

const STEPS: LaneStep[] = [
  ...(['sealed', 'recorded', 'part-uploaded', 'manifest-ready', 'manifest-put', 'published'] as const),
];

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

/** A lane that dies at the step; who comes after it waits for its lease to end. */
async function killAt(step: LaneStep, n?: number): Promise<void> {
  const child = startChild(world, {
    play: 'lane',
    step,
    signal: 'SIGKILL',
    ...(n === undefined ? {} : { n }),
  });
  expect({ step, ...(await child.ended) }).toEqual({ step, code: null, signal: 'SIGKILL' });
  await expireLease(world);
}

it('F01 the connector is killed with -9 at each step of a snapshot and of deltas: no gap, no double effect', async () => {
  await killAt('chunk-recorded');
  await world.people.work();
  await killAt('recorded', 1);
  for (const step of STEPS) {
    await world.people.work();
    await killAt(step);
    await world.people.work();
  }
  const lane = await world.publisher();
  await expect(lane.settle()).resolves.toContain('idle');
  expect(await lane.publisher.generations.current()).toMatchObject({ id: 1, state: 'live' });
  await expectSound(world);
});
