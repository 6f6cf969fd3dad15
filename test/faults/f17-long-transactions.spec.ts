import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

const MANY_ROWS = 60_000;
const MAX_GROWTH_BYTES = 200 * 2 ** 20;
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
