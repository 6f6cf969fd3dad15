import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { breakAnswer, s3Error, slowFirstByte } from '../support/fault-proxy/index.js';
import { differences, expectSound } from './checkers.js';
import { openDistantWorld, type DistantWorld } from './distant-world.js';

const TIMEOUT_MS = 700;
let world: DistantWorld;
beforeEach(async () => {
  world = await openDistantWorld(TIMEOUT_MS);
});
afterEach(() => world.end());

it('F07 the connector backs off after 503, 409, 429 and 412, and publishes what it owes', async () => {
  const lane = await world.begin();
  const answers = [
    [503, 'SlowDown'],
    [409, 'OperationAborted'],
    [429, 'TooManyRequests'],
  ] as const;
  for (const [status, code] of answers) {
    await world.people.work();
    for (const method of ['HEAD', 'GET']) world.proxy.put(s3Error(status, code), { method }, 1);
    world.proxy.put(s3Error(status, code), { method: 'PUT', path: /\/d\// }, 2);
    await expect(lane.settle()).resolves.toContain('published');
    world.proxy.clear();
  }
  // a manifest is put once and no more; the next turn finds out what became of it
  await world.people.work();
  world.proxy.put(s3Error(412, 'PreconditionFailed'), { method: 'PUT', path: /\/m\// }, 1);
  await expect(lane.settle()).rejects.toMatchObject({ code: 'bucket.unavailable' });
  await expect(lane.settle()).resolves.toContain('published');
  await expectSound(world);
});

it('F07 a replica asks again after a slow or truncated answer, and never applies a part of one', async () => {
  const lane = await world.begin();
  await world.people.work();
  await lane.settle();
  const before = await world.replica.position();
  world.proxy.put(breakAnswer(100, 'end'), { method: 'GET', path: /\/d\// });
  for (let look = 0; look < 3; look += 1) expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.position()).toBe(before);
  world.proxy.clear();
  expect(await world.replica.step()).toBe('applied');
  expect(await differences(world)).toEqual([]);

  await world.people.work();
  await lane.settle();
  world.proxy.put(breakAnswer(100, 'reset'), { method: 'GET', path: /\/m\// }, 1);
  world.proxy.put(slowFirstByte(3 * TIMEOUT_MS), { method: 'GET', path: /\/d\// }, 1);
  expect(await world.replica.step()).toBe('applied');
  await expectSound(world);
});
