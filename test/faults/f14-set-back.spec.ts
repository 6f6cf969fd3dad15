import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectSound } from './checkers.js';
import { expireLease } from './child-process.js';
import { allowFork, bucketContent, openOwnPostgresWorld, type OwnPostgresWorld } from './own-postgres.js';

let world: OwnPostgresWorld;
beforeEach(async () => {
  world = await openOwnPostgresWorld();
});
afterEach(() => world.end());

it('F14 a database that was set back by a reverted machine is seen as a fork before anything is written', async () => {
  await (await world.begin()).vanish();
  await world.server.stop();
  const yesterday = await world.copyData();
  await world.start();
  const lane = await world.publisher();
  await world.people.work();
  await lane.settle();
  await world.replica.catchUp();
  await lane.vanish();
  await world.server.stop();
  await world.putData(yesterday);
  await world.start();

  await expireLease(world);
  await world.people.work();
  const again = await world.publisher();
  const before = await bucketContent(world);
  await expect(again.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  await expect(again.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  expect(await bucketContent(world)).toEqual(before);
  await allowFork(world);
  await again.settle();
  expect(await again.publisher.generations.current()).toMatchObject({ id: 2, state: 'live' });
  await expectSound(world);
});
