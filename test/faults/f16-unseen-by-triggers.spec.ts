import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';

let world: FaultWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await openFaultWorld();
  lane = await world.begin();
});
afterEach(() => world.end());

async function shown(table: string): Promise<number> {
  const { rows } = await world.replica.database.admin.query(`SELECT 1 FROM ${table}`);
  return rows.length;
}

it('F16 a TRUNCATE empties the replica in one batch', async () => {
  expect(await shown('crm.contact')).toBeGreaterThan(0);
  await world.sql('TRUNCATE crm.contact CASCADE');
  await lane.settle();
  await expectSound(world);
  expect(await shown('crm.contact')).toBe(0);
});

it('F16 what was written while a trigger was disabled arrives with one look at the tables', async () => {
  await world.sql('ALTER TABLE crm.account DISABLE TRIGGER USER');
  await world.sql(`UPDATE crm.account SET name = 'unseen'`);
  await world.sql('ALTER TABLE crm.account ENABLE TRIGGER USER');
  lane.publisher.lookAtTables();
  await lane.settle();
  await expectSound(world);
});

it('F16 a table that is rewritten while a batch begins loses no row', async () => {
  await world.people.work();
  const rewriter = await world.database.admin.connect();
  try {
    await rewriter.query('BEGIN');
    await rewriter.query('ALTER TABLE crm.account ALTER COLUMN description TYPE varchar(1000)');
    const settling = lane.settle();
    await waitFor(
      async () => {
        const [row] = await world.sql(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
           AND application_name = 'holdfast-connector snapshot' AND wait_event_type = 'Lock'`,
        );
        return row?.['n'] === 1;
      },
      { what: 'the batch to wait for the table' },
    );
    await rewriter.query('COMMIT');
    await settling;
  } finally {
    rewriter.release();
  }
  await expectSound(world);
});
