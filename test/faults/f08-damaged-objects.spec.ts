import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { manifestKey } from '../../src/replication/format/index.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { newAccount, openFaultWorld, sendBeat, type FaultWorld } from './fault-world.js';
import { forgePart, manifestAt } from './forgery.js';

/** backwards it compresses to as many bytes */
const [TRUE_NAME, FALSE_NAME] = ['qxzjkvwb', 'bwvkjzxq'];
let world: FaultWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
  await newAccount(world, TRUE_NAME, 'retail');
  await lane.settle();
});
afterEach(() => world.end());

/** The replica says what is wrong, goes on showing the last good state, and comes along once the bucket is right. */
async function expectRefusal(code: RegExp, restore: () => Promise<unknown>): Promise<void> {
  const names = 'SELECT name FROM crm.account ORDER BY id';
  const before = await world.replica.database.admin.query(names);
  expect(await world.replica.catchUp()).toBe('failed');
  expect(await world.replica.errorCode()).toMatch(code);
  expect(await world.replica.position()).toBe('1.1');
  expect((await world.replica.database.admin.query(names)).rows).toEqual(before.rows);
  await restore();
  await expectSound(world);
  expect(await world.replica.position()).toBe('1.2');
}

it('F08 a bit that flipped in a manifest is detected, and the old state served', async () => {
  const key = manifestKey(1, 2);
  const truth = await world.bucket.get(key);
  const text = truth.toString('latin1');
  const payload = /"payload":"([^"]+)"/.exec(text)?.[1] ?? '';
  // a whole and legible manifest in which one digit of a time is another
  const json = Buffer.from(payload, 'base64').toString();
  const at = json.indexOf('Z"', json.indexOf('"createdAt"')) - 1;
  const changed = json.slice(0, at) + String.fromCharCode(json.charCodeAt(at) ^ 1) + json.slice(at + 1);
  await world.bucket.put(key, Buffer.from(text.replace(payload, Buffer.from(changed).toString('base64'))));
  await expectRefusal(/^format\.signature_invalid$/, () => world.bucket.put(key, truth));
});

it('F08 a part that was exchanged for another, sealed for this very place, is detected', async () => {
  const restore = await forgePart(world, await manifestAt(world, 1, 2), (line) =>
    line.replace(TRUE_NAME, FALSE_NAME),
  );
  await expectRefusal(/^(format\.digest_mismatch|replica\.state_differs)$/, restore);
});

it('F08 a manifest that is missing although the beat names it is missed', async () => {
  const key = manifestKey(1, 2);
  const truth = await world.bucket.get(key);
  await sendBeat(world, lane);
  await world.bucket.remove([key]);
  await expectRefusal(/^replica\.manifest_missing$/, () => world.bucket.put(key, truth));
});
