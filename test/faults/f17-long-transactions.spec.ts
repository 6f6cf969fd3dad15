import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { waitFor } from '../support/index.js';
import { metrics } from '../../src/platform/metrics/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { startLane, type RunningLane } from './running-lane.js';

const MANY_ROWS = 60_000;
/** Of the process that runs the tests, garbage and all: test/long/large-transaction holds the product's own processes to less. */
const MAX_GROWTH_BYTES = 320 * 2 ** 20;
let world: FaultWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
});
afterEach(() => world.end());

/** Stay open over many batches, and arrive in the one after their end. */
async function openOverManyBatches(): Promise<void> {
  const open = await world.database.admin.connect();
  const prepared = await world.database.admin.connect();
  const gid = randomUUID();
  try {
    await open.query('BEGIN');
    await world.people.transfer(open);
    await prepared.query('BEGIN');
    await prepared.query('UPDATE crm.account SET name = $1 WHERE id = $2', ['late', world.people.account(3)]);
    await prepared.query(`PREPARE TRANSACTION '${gid}'`);
    for (let round = 0; round < 3; round += 1) {
      await world.sql('UPDATE crm.account SET employees = 1, name = $1 WHERE id = $2', [
        `in between ${round}`,
        world.people.account(0),
      ]);
      await lane.settle();
      await expectSound(world);
    }
    await open.query('COMMIT');
    await lane.settle();
    await expectSound(world);
    await world.sql(`COMMIT PREPARED '${gid}'`);
  } finally {
    open.release();
    prepared.release();
  }
  await lane.settle();
  await expectSound(world);
}

async function manyRowsInOneCommit(): Promise<void> {
  await world.sql(
    `INSERT INTO crm.account (id, created_at, updated_at, version, name, kind, sector, description)
     SELECT gen_random_uuid(), now(), now(), 1, 'account ' || i, 'customer', 'retail', repeat('x', 500)
     FROM generate_series(1, $1::int) i`,
    [MANY_ROWS],
  );
  const before = await world.replica.state();
  const atRest = process.memoryUsage.rss();
  let peak = atRest;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  try {
    expect(await lane.settle()).toEqual(['published', 'idle']);
    expect(await world.replica.step()).toBe('applied');
  } finally {
    clearInterval(watching);
  }
  expect(world.replica.shown.at(-1)).toMatchObject({ generation: 1, n: before.n + 1 });
  expect(peak - atRest).toBeLessThan(MAX_GROWTH_BYTES);
  await expectSound(world);
}

it('F17 a transaction that is long open, one that is prepared and abandoned, and one of very many rows arrive whole', async () => {
  await openOverManyBatches();
  await manyRowsInOneCommit();
});

interface Open {
  kind: string;
  since: string;
  pid: number | null;
  gid: string | null;
  application: string | null;
}

/** As the lane noted them last. */
async function noted(): Promise<Open[]> {
  const [row] = await world.sql('SELECT open_transactions AS open FROM replication.connector_status');
  return (row as unknown as { open: Open[] }).open;
}

/** What the alert rules look at, in seconds. */
async function ageOf(kind: string): Promise<number> {
  const metric = await metrics.getSingleMetric('holdfast_publish_open_transaction_seconds')?.get();
  return metric?.values.find(({ labels }) => labels['kind'] === kind)?.value ?? 0;
}

const HOUR_S = 3_600;
const patience = { timeoutMs: 60_000 };

/** Nobody waits for an hour here: the lane is told that it saw the transaction an hour ago. */
const pretendAnHour = () =>
  world.sql(`UPDATE replication.connector_status SET open_transactions = (SELECT jsonb_agg(
     o || jsonb_build_object('since', now() - interval '1 hour')) FROM jsonb_array_elements(open_transactions) o)`);

it('F17 a transaction that is long open and one that is prepared and abandoned raise the alarm with who has them, until they end', async () => {
  await lane.lease.release();
  let running: RunningLane = startLane(world);
  const open = await world.database.admin.connect();
  const gid = randomUUID();
  try {
    await open.query(`SET application_name = 'night import'; BEGIN`);
    await world.people.transfer(open);
    const { rows } = await open.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const prepared = await world.database.admin.connect();
    await prepared.query('BEGIN');
    await prepared.query('UPDATE crm.account SET name = $1 WHERE id = $2', ['late', world.people.account(3)]);
    await prepared.query(`PREPARE TRANSACTION '${gid}'`);
    prepared.release();
    await waitFor(async () => (await noted()).length === 2, patience);
    expect(await noted()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'session', pid: rows[0]?.pid, application: 'night import' }),
        expect.objectContaining({ kind: 'prepared', gid }),
      ]),
    );
    // one that was seen for an hour counts from then on also after the connector has started again
    await running.stop();
    await pretendAnHour();
    running = startLane(world);
    await waitFor(async () => (await ageOf('session')) >= HOUR_S, patience);
    expect(await ageOf('prepared')).toBeGreaterThanOrEqual(HOUR_S);
    await open.query('COMMIT');
    await world.sql(`ROLLBACK PREPARED '${gid}'`);
    await waitFor(async () => (await noted()).length === 0, patience);
    expect([await ageOf('session'), await ageOf('prepared')]).toEqual([0, 0]);
  } finally {
    open.release(true);
    await world.sql(`ROLLBACK PREPARED '${gid}'`).catch(() => undefined);
    await running.stop();
  }
  await lane.lease.acquire();
  await lane.settle();
  await world.replica.catchUp();
  await expectSound(world);
});
