import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { laneStatus, startLane, type RunningLane } from './running-lane.js';

let world: FaultWorld;
let lanes: RunningLane[] = [];
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(async () => {
  for (const lane of lanes) await lane.stop();
  lanes = [];
  await world.end();
});

const holders = () => lanes.filter(({ lease }) => lease.isHeld).length;
const epoch = async () => Number((await world.sql('SELECT epoch FROM replication.lease'))[0]?.['epoch']);

it('F03 of two connectors at once one publishes and the other waits, until the first goes', async () => {
  lanes = [startLane(world), startLane(world)];
  const most: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    await world.people.work();
    const before = (await laneStatus(world)).n ?? 0;
    await waitFor(async () => ((await laneStatus(world)).n ?? 0) > before, { what: 'the next batch' });
    most.push(holders());
  }
  expect({ most: Math.max(...most), epoch: await epoch() }).toEqual({ most: 1, epoch: 1 });
  const first = lanes.find(({ lease }) => lease.isHeld);
  lanes = lanes.filter((lane) => lane !== first);
  await first?.stop();
  await waitFor(() => holders() === 1, { what: 'the other to take over' });
  expect(await epoch()).toBe(2);
  const { n } = await laneStatus(world);
  await world.people.work();
  await waitFor(async () => ((await laneStatus(world)).n ?? 0) > (n ?? 0), { what: 'its first batch' });
  await lanes[0]?.stop();
  lanes = [];
  await expectSound(world);
});
