import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { manifestAt } from './forgery.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

it('F18 when a parent leaves the policy its children leave in the same batch, and come back with it', async () => {
  const lane = await world.begin();
  const sector = (name: string) =>
    world.sql('UPDATE crm.account SET sector = $1 WHERE id = $2', [name, world.people.account(2)]);
  const deletes = async (n: number) =>
    (await manifestAt(world, 1, n)).types
      .filter((state) => state.deletes > 0)
      .map((state) => [state.type, state.deletes]);
  await sector('medical');
  await lane.settle();
  expect(await deletes(2)).toEqual([
    ['account', 1],
    ['contact', 1],
  ]);
  await expectSound(world);
  await sector('retail');
  await lane.settle();
  await expectSound(world);
});
