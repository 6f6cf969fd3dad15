import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import { expectSound } from './checkers.js';
import { startChild } from './child-process.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
  AND usename = 'holdfast_replica_apply' AND wait_event_type = 'Lock'`;
const backends = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid = $1`;

async function everything(): Promise<string[]> {
  const { rows } = await world.replica.database.admin.query<{ row: string }>(
    `SELECT a::text AS row FROM crm.account a UNION ALL SELECT p::text FROM crm.product p
     UNION ALL SELECT (generation, n)::text FROM replication.replica_state ORDER BY 1`,
  );
  return rows.map(({ row }) => row);
}

it('F27 a replica that is killed while it applies a batch has all of it or nothing', async () => {
  const lane = await world.begin();
  await world.people.work();
  await lane.settle();
  const { admin } = world.replica.database;
  const before = await everything();
  // holds the applier up in the middle of its batch: accounts come before products
  const blocker = await admin.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE crm.product IN EXCLUSIVE MODE');
  const child = startChild(world, { play: 'replica' });
  const stuck = async () => (await admin.query<{ pid: number }>(waiting)).rows[0]?.pid;
  const pid = await waitFor(stuck, { timeoutMs: 60_000, what: 'the batch to be half applied' });
  child.kill('SIGKILL');
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
  await blocker.query('ROLLBACK');
  blocker.release();
  const isGone = async () => (await admin.query(backends, [pid])).rows.length === 0;
  await waitFor(isGone, { timeoutMs: 30_000, what: 'its backend to end' });
  expect(await everything()).toEqual(before);
  await expectSound(world);
});
