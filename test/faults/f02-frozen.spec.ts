import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { LaneStep } from '../../connector/publish/lane-events.js';
import { manifestKey } from '../../src/replication/format/index.js';
import { startChild, expireLease } from './child-process.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

it.each(['sealed', 'part-uploaded'] as LaneStep[])(
  'F02 a connector that froze past its lease at "%s" is refused when it wakes',
  async (step) => {
    await (await world.begin()).vanish();
    await world.people.work();
    const sleeper = startChild(world, { play: 'lane', step, signal: 'SIGSTOP' });
    await sleeper.frozen();
    await expireLease(world);
    const successor = await world.publisher();
    expect(successor.lease.isHeld).toBe(true);
    sleeper.kill('SIGCONT');
    await sleeper.ended;
    expect(sleeper.said).toMatchObject({ reached: step, refused: 'lease-lost' });
    expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();
    await world.people.work();
    await successor.settle();
    await expectSound(world);
  },
);
