import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ReplicaStatus } from '../../src/replication/replica/replica-status.js';
import { waitFor } from '../support/index.js';
import { expectSound } from './checkers.js';
import { openDistantWorld, type DistantWorld } from './distant-world.js';
import { laneStatus, startLane, type RunningLane } from './running-lane.js';

const ROUNDS_OFFLINE = 25;
let world: DistantWorld;
let lane: RunningLane | null = null;
beforeEach(async () => {
  world = await openDistantWorld(400);
});
afterEach(async () => {
  await lane?.stop();
  lane = null;
  await world.end();
});

async function logged(): Promise<{ rows: number; keys: number }> {
  const [row] = await world.sql(
    `SELECT count(*)::int AS rows, count(DISTINCT (type, id))::int AS keys FROM replication.change
     WHERE xid >= (SELECT pg_snapshot_xmax(cursor_snapshot) FROM replication.generation WHERE state = 'live')`,
  );
  return row as { rows: number; keys: number };
}

/** People never wait for the cloud. @returns the longest round */
async function workFor(rounds: number): Promise<number> {
  let longestMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await world.people.work();
    longestMs = Math.max(longestMs, performance.now() - startedAt);
  }
  return longestMs;
}

const failing = { timeoutMs: 30_000, what: 'the lane to say that it fails' };
const spooled = () => readdir(world.spoolFolder);

it('F05 a WAN that is cut, one-way and flapping: log and spool stay bounded, people work on, all arrives', async () => {
  await (await world.begin()).vanish();
  world.link.set('cut');
  expect(await workFor(ROUNDS_OFFLINE)).toBeLessThan(5_000);
  const { rows, keys } = await logged();
  expect(rows).toBeGreaterThan(keys + ROUNDS_OFFLINE);
  lane = startLane(world, { bucket: world.bucket, maxBacklog: keys });
  await waitFor(async () => (await laneStatus(world)).errorCode === 'bucket.unavailable', failing);
  await waitFor(async () => (await logged()).rows <= keys, { what: 'the log to be coalesced' });
  expect(await laneStatus(world)).toMatchObject({ state: 'failing' });
  const before = await world.replica.position();
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.position()).toBe(before);
  const status = new ReplicaStatus(() => Date.now() + 86_400_000);
  await status.refresh(world.replica.pool);
  expect(status.view()).toMatchObject({ stale: true, lastError: { code: 'bucket.unavailable' } });

  world.link.set('open');
  await waitFor(async () => ((await laneStatus(world)).n ?? 0) > 1, {
    timeoutMs: 40_000,
    what: 'the backlog',
  });
  world.link.set('silent');
  for (let round = 0; round < 4; round += 1) {
    expect(await workFor(1)).toBeLessThan(5_000);
    await waitFor(async () => (await laneStatus(world)).state === 'failing', failing);
    expect((await spooled()).length).toBeLessThanOrEqual(1);
  }
  const flapping = world.link.flap(300, 150);
  await workFor(4);
  flapping.stop();
  const isQuiet = async () => {
    const { state, backlog } = await laneStatus(world);
    return state === 'waiting' && backlog === 0;
  };
  await waitFor(isQuiet, { timeoutMs: 60_000, what: 'everything to be published' });
  await lane.stop();
  lane = null;
  await expectSound(world);
});
