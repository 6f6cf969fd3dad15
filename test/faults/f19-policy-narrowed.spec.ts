import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { LaneStep } from '../../connector/publish/lane-events.js';
import { manifestKey } from '../../src/replication/format/index.js';
import { expectSound, objectsWith } from './checkers.js';
import { expireLease, startChild } from './child-process.js';
import { openDistantWorld } from './distant-world.js';
import { purgeWhatIsDue } from './erasing.js';
import { newAccount, openFaultWorld, type FaultWorld } from './fault-world.js';

const NARROWER = `
types:
  account:
    where: { field: sector, op: eq, value: retail }
    fields: { description: omit, name: omit }
  product:
`;

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

async function namesOnReplica(): Promise<{ names: number }[]> {
  const { admin } = world.replica.database;
  return (await admin.query<{ names: number }>('SELECT count(name)::int AS names FROM crm.account')).rows;
}

it.each(['recorded', 'part-uploaded', 'manifest-ready'] as LaneStep[])(
  'F19 a policy that was narrowed when a batch was at "%s" and the connector was away: nothing of it is published',
  async (step) => {
    await (await world.begin()).vanish();
    await newAccount(world, 'under the old policy', 'transport');
    const child = startChild(world, { play: 'lane', step, n: 2, signal: 'SIGKILL' });
    await child.ended;
    expect(child.said).toMatchObject({ reached: step });
    await expireLease(world);
    await world.activate(NARROWER);
    const lane = await world.publisher();
    await lane.settle();
    expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();
    expect(await lane.publisher.generations.current()).toMatchObject({ id: 2, policyVersion: 2 });
    await expectSound(world);
    expect(await namesOnReplica()).toEqual([{ names: 0 }]);
  },
);

it('F19 a policy that is narrowed while a batch is on its way stops it before its manifest', async () => {
  const change = {
    onStep: async (step: LaneStep, { generation, n }: { generation: number; n: number }) => {
      if (step === 'part-uploaded' && generation === 1 && n === 2) await world.activate(NARROWER);
    },
  };
  await (await world.begin()).vanish();
  const lane = await world.publisher({ listeners: [change] });
  await world.people.work();
  await lane.settle();
  expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();
  expect(await lane.publisher.generations.current()).toMatchObject({ id: 2, policyVersion: 2 });
  await expectSound(world);
});

it('F19 a policy that is narrowed while the bucket cannot be reached: what waited never leaves, and what was there goes', async () => {
  await world.end();
  const distant = await openDistantWorld(400);
  world = distant;
  await newAccount(world, 'seen under the old policy', 'transport');
  await (await world.begin()).vanish();
  expect(await objectsWith(world, 'under the old policy')).not.toEqual([]);
  const cut = {
    onStep: (step: LaneStep, { n }: { n: number }) => {
      if (step === 'recorded' && n === 2) distant.link.set('cut');
    },
  };
  const lane = await world.publisher({ listeners: [cut] });
  await newAccount(world, 'waits under the old policy', 'transport');
  await world.people.work();
  const unreachable = { code: 'bucket.unavailable' };
  await expect(lane.settle()).rejects.toMatchObject(unreachable);
  expect(await readdir(world.spoolFolder)).toHaveLength(1);
  await world.activate(NARROWER);
  await expect(lane.settle()).rejects.toMatchObject(unreachable);

  distant.link.set('open');
  await lane.settle();
  expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();
  expect(await lane.publisher.generations.current()).toMatchObject({
    id: 2,
    policyVersion: 2,
    state: 'live',
  });
  expect(await world.replica.catchUp()).toBe('idle');
  await purgeWhatIsDue(world, lane);
  expect(await objectsWith(world, 'under the old policy')).toEqual([]);
  expect(await readdir(world.spoolFolder)).toEqual([]);
  expect(await namesOnReplica()).toEqual([{ names: 0 }]);
  await expectSound(world);
});
