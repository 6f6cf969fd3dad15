import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Manifest } from '../../src/replication/format/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { forgeManifest } from './forgery.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

const newer: [string, Partial<Manifest>][] = [
  ['asks for a newer reader', { minReader: 2 }],
  ['uses a feature that it does not know', { features: ['teleport'] }],
];

it.each(newer)(
  'F26 a replica that is older than a connector which %s says so, and goes on serving',
  async (_, change) => {
    const lane = await world.begin();
    await world.people.work();
    await lane.settle();
    const restore = await forgeManifest(world, { generation: 1, n: 2 }, change);
    expect(await world.replica.step()).toBe('failed');
    expect(await world.replica.errorCode()).toBe('format.reader_too_old');
    expect(await world.replica.position()).toBe('1.1');
    await restore();
    await expectSound(world);
  },
);

it('F26 a replica whose database is older than the premises says which column it lacks, and goes on serving', async () => {
  const lane = await world.begin();
  await world.people.work();
  await lane.settle();
  const { admin } = world.replica.database;
  await admin.query('ALTER TABLE crm.account RENAME COLUMN website TO not_yet_there');
  expect(await world.replica.step()).toBe('failed');
  expect(await world.replica.errorCode()).toBe('replica.schema_unknown');
  const { rows } = await admin.query<{ message: string }>(
    `SELECT last_error ->> 'message' AS message FROM replication.replica_watch`,
  );
  expect(rows[0]?.message).toContain('no column website for type account');
  expect(await world.replica.position()).toBe('1.1');
  await admin.query('ALTER TABLE crm.account RENAME COLUMN not_yet_there TO website');
  await expectSound(world);
});

it('F26 a replica that is newer than the premises applies what they know, and leaves the rest empty', async () => {
  const { admin } = world.replica.database;
  await admin.query(`ALTER TABLE crm.account ADD COLUMN invented_later text NOT NULL DEFAULT 'nothing'`);
  await admin.query('CREATE TABLE crm.invention (id uuid PRIMARY KEY)');
  await admin.query('GRANT SELECT, INSERT, UPDATE, DELETE ON crm.invention TO holdfast_replica_apply');
  const lane = await world.begin();
  await world.people.work();
  await lane.settle();
  expect(await world.replica.catchUp()).toBe('idle');
  expect(await world.replica.position()).toBe('1.2');
  await expectSound(world);
});
