// Days offline: what would be made for a bucket that does not answer costs minutes and much of the spool at each try.
import { rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

let world: ConnectorWorld;
let lane: TestPublisher;
let sealed = 0;
beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  sealed = 0;
  const onStep = (step: string): void => {
    sealed += Number(step === 'sealed');
  };
  lane = await world.publisher({ listeners: [{ onStep }] });
  await change();
  await lane.settle();
});
afterEach(() => world.end());

const change = () => world.insert('crm.account', { name: 'Acme', kind: 'customer' });
const away = () => `${world.bucketFolder}-away`;

it('makes no second delta for a bucket that did not answer, and one again when it does', async () => {
  const before = sealed;
  await rename(world.bucketFolder, away());
  await writeFile(world.bucketFolder, 'not a folder');
  await change();
  await expect(lane.publisher.turn()).rejects.toThrow();
  const first = sealed - before;
  expect(first).toBeLessThanOrEqual(1);
  for (let round = 0; round < 3; round += 1) await expect(lane.publisher.turn()).rejects.toThrow();
  expect(sealed).toBe(before + first);

  await rm(world.bucketFolder);
  await rename(away(), world.bucketFolder);
  expect(await lane.settle()).toEqual(['published', 'idle']);
  expect(sealed).toBe(before + first + 1);
});
