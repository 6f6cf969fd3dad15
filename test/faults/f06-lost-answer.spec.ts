import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { manifestKey } from '../../src/replication/format/index.js';
import { loseAnswer, type Fault } from '../support/fault-proxy/index.js';
import { expectSound } from './checkers.js';
import { openDistantWorld, type DistantWorld } from './distant-world.js';

let world: DistantWorld;
beforeEach(async () => {
  world = await openDistantWorld();
});
afterEach(() => world.end());

it('F06 a manifest whose answer was lost is known again, at once and after a restart', async () => {
  const lane = await world.begin();
  await world.people.work();
  world.proxy.put(loseAnswer, { method: 'PUT', path: /\/m\// }, 1);
  await expect(lane.settle()).resolves.toContain('published');
  await expectSound(world);

  // the answer is lost, and so is the one to the question what is there; then the process ends
  await world.people.work();
  const loseBoth: Fault = async (passing) => {
    world.proxy.put(loseAnswer, { method: 'GET', path: /\/m\// });
    await loseAnswer(passing);
  };
  world.proxy.put(loseBoth, { method: 'PUT', path: /\/m\// }, 1);
  await expect(lane.settle()).rejects.toMatchObject({ code: 'bucket.unavailable' });
  world.proxy.clear();
  await lane.vanish();
  expect(await world.bucket.head(manifestKey(1, 3))).not.toBeNull();
  await world.people.work();
  await expect((await world.publisher()).settle()).resolves.toContain('idle');
  expect(await world.bucket.head(manifestKey(1, 4))).not.toBeNull();
  await expectSound(world);
});
