// What gathered over days may be more than the spool is allowed to hold: its parts go up while it is being made.
import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SpoolFull } from '../../../connector/publish/publish.errors.js';
import { Spool } from '../../../connector/publish/spool.js';
import { PartSweep } from '../../../connector/purge/part-sweep.js';
import { openWorld, viewContent, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const ROWS = 600;
const PART_BYTES = 20_000;
const SPOOL_BYTES = 60_000;
/** the part that is being written when the bound is looked at, and the one before it */
const MOST_BYTES = SPOOL_BYTES + 2 * PART_BYTES;

let world: ConnectorWorld;
let lane: TestPublisher;
let spool: Spool;
let bytesWhenSealed: number | null = null;
beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  spool = new Spool(world.spoolFolder, SPOOL_BYTES);
  lane = await world.publisher({
    spool,
    partBytes: PART_BYTES,
    listeners: [{ onStep: noteBytes }],
  });
  await lane.settle();
  await world.reader.catchUp();
  bytesWhenSealed = null;
});
afterEach(() => world.end());

async function noteBytes(step: string): Promise<void> {
  if (step === 'sealed') bytesWhenSealed = await spool.bytes();
}

/** Texts that do not compress, half a megabyte in all. */
async function gather(): Promise<void> {
  for (let number = 0; number < ROWS; number += 1)
    await world.insert('crm.account', {
      name: randomBytes(300).toString('base64url'),
      kind: 'customer',
    });
}

it('sends a batch larger than the spool part by part, and it arrives whole', async () => {
  await gather();
  expect(await lane.settle()).toEqual(['published', 'idle']);
  expect(bytesWhenSealed).toBeLessThan(MOST_BYTES);
  const [manifest] = await world.reader.catchUp();
  expect(manifest?.parts.length).toBeGreaterThan(10);
  expect(world.reader.rows('account').size).toBe(ROWS);
  expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
  expect(await spool.bytes()).toBe(0);
});

it('says that the spool is full where the bucket takes nothing, leaves nothing there, and loses nothing', async () => {
  await gather();
  const put = world.bucket.putFile.bind(world.bucket);
  world.bucket.putFile = () => Promise.reject(new Error('the bucket takes nothing'));
  await expect(lane.publisher.turn()).rejects.toThrow(SpoolFull);
  expect(await spool.bytes()).toBe(0);
  world.bucket.putFile = put;
  expect(await lane.settle()).toEqual(['published', 'idle']);
  await world.reader.catchUp();
  expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
});

it('sweeps what a batch that was lost on its way had sent already', async () => {
  await gather();
  let sent = 0;
  const put = world.bucket.putFile.bind(world.bucket);
  world.bucket.putFile = (...args) => {
    sent += 1;
    return sent > 3 ? Promise.reject(new Error('the bucket takes nothing')) : put(...args);
  };
  await expect(lane.publisher.turn()).rejects.toThrow(SpoolFull);
  world.bucket.putFile = put;
  expect(await lane.settle()).toEqual(['published', 'idle']);
  const sweep = new PartSweep(lane.db, world.bucket, -1_000);
  // an upload that was given up may land late: it must not have the name of what was sent in its place
  expect(await sweep.run(new AbortController().signal)).toBe(3);
  await world.reader.catchUp();
  expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
});

it('puts nothing into a bucket whose head is not its own', async () => {
  await gather();
  const away = `${world.bucketFolder}-away`;
  await rename(world.bucketFolder, away);
  await writeFile(world.bucketFolder, 'not a folder');
  await expect(lane.publisher.turn()).rejects.toThrow();
  expect(bytesWhenSealed).toBeNull();
  await rm(world.bucketFolder);
  await rename(away, world.bucketFolder);
  expect(await lane.settle()).toEqual(['published', 'idle']);
});
