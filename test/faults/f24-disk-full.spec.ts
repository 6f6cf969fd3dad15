import { chmod, chown, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { withClient } from '../../src/platform/database/index.js';
import { makeTempFolder, waitFor, type TestDatabase } from '../support/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { openOwnPostgresWorld } from './own-postgres.js';
import { laneStatus, startLane, type RunningLane } from './running-lane.js';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.js';

const MIB = 2 ** 20;
const mounts = canMount();
if (!mounts)
  process.stderr.write('F24 is skipped: only root can mount a disk that is small enough to fill\n');
const itMounts = mounts ? it : it.skip;

let world: FaultWorld;
let lane: RunningLane | null = null;
let disk: SmallDisk | null = null;
afterEach(async () => {
  await lane?.stop();
  lane = null;
  await world.end();
  await disk?.remove();
  disk = null;
});

/** Texts that no compression makes smaller. */
async function manyAccounts(count: number): Promise<void> {
  await world.sql(
    `INSERT INTO crm.account (id, created_at, updated_at, version, name, kind, sector)
     SELECT gen_random_uuid(), now(), now(), 1, i || encode(sha256(i::text::bytea), 'base64'), 'customer', 'retail'
     FROM generate_series(1, $1::int) i`,
    [count],
  );
}

async function manyContacts(count: number): Promise<void> {
  await world.sql(
    `INSERT INTO crm.contact (id, created_at, updated_at, version, last_name, account_id)
     SELECT gen_random_uuid(), now(), now(), 1, i || encode(sha256(i::text::bytea), 'base64'), $2::uuid
     FROM generate_series(1, $1::int) i`,
    [count, world.people.account(5)],
  );
}

/**
 * Puts a database on the small disk. A batch is staged on the large one, so that the small one fills in the middle of
 * applying it: after the accounts, amid the contacts.
 */
async function moveTo({ name, urls }: TestDatabase, small: string, large: string): Promise<void> {
  const [data] = await world.sql(`SELECT current_setting('data_directory') AS folder`);
  const { uid, gid } = await stat(String(data?.['folder']));
  for (const folder of [small, large]) await chown(folder, uid, gid);
  const server = new URL(urls.admin);
  server.pathname = '/postgres';
  await withClient(server.href, 'fault test', async (client) => {
    await client.query(`CREATE TABLESPACE small_${name} LOCATION '${small}'`);
    await client.query(`CREATE TABLESPACE large_${name} LOCATION '${large}'`);
    await client.query(`GRANT CREATE ON TABLESPACE large_${name} TO holdfast_replica_apply`);
    await client.query(`ALTER DATABASE ${name} SET TABLESPACE small_${name}`);
    await client.query(
      `ALTER ROLE holdfast_replica_apply IN DATABASE ${name} SET temp_tablespaces = 'large_${name}'`,
    );
  });
}

itMounts(
  'F24 the disk of the spool is full: the lane says so, records nothing, and goes on when there is room',
  async () => {
    world = await openFaultWorld();
    await (await world.begin()).vanish();
    disk = await mountSmallDisk(world.spoolFolder, 0.1 * MIB);
    await manyAccounts(10_000);
    lane = startLane(world);
    const failed = async () => (await laneStatus(world)).errorCode === 'spool-disk-full';
    await waitFor(failed, { timeoutMs: 30_000, what: 'the lane to say that its disk is full' });
    expect((await laneStatus(world)).state).toBe('failing');
    expect(await world.sql(`SELECT n FROM replication.batch WHERE state = 'pending'`)).toEqual([]);
    await waitFor(async () => (await readdir(world.spoolFolder)).length === 0, { what: 'an empty spool' });
    await disk.grow(64 * MIB);
    await waitFor(async () => (await laneStatus(world)).n === 2, { timeoutMs: 60_000, what: 'the batch' });
    await lane.stop();
    lane = null;
    await expectSound(world);
  },
);

itMounts(
  "F24 the disk of a replica's database is full: the old state is served, and the new one comes with room",
  async () => {
    world = await openFaultWorld();
    const { database } = world.replica;
    const [small, large] = [await makeTempFolder('small-disk'), await makeTempFolder('large-disk')];
    const [used] = await world.sql('SELECT pg_database_size($1)::int AS bytes', [database.name]);
    disk = await mountSmallDisk(small, Number(used?.['bytes']) + 6 * MIB);
    await moveTo(database, small, large);
    const publisher = await world.begin();
    const names = 'SELECT name FROM crm.account ORDER BY id';
    const before = await database.admin.query(names);
    await world.people.work();
    await manyContacts(30_000);
    await publisher.settle();
    expect(await world.replica.step()).toBe('failed');
    // The word itself needs a few bytes there: it is said again at each try, and finds room once the last try is cleared.
    const says = async () => (await world.replica.step()) === 'failed' && (await world.replica.errorCode());
    expect(await waitFor(says, { timeoutMs: 60_000, what: 'the replica to say what is wrong' })).toBe(
      '53100',
    );
    expect(await world.replica.position()).toBe('1.1');
    expect((await database.admin.query(names)).rows).toEqual(before.rows);
    await disk.grow(512 * MIB);
    await expectSound(world);
  },
);

/** Takes what is left of a disk, as a backup does that somebody put into the wrong place. */
async function fill(folder: string): Promise<string> {
  const path = join(folder, 'backup.tar');
  const file = await open(path, 'w');
  try {
    for (const bytes of [MIB, 4_096]) while (await hasWritten(() => file.write(Buffer.alloc(bytes, 1))));
  } finally {
    await file.close();
  }
  return path;
}

async function hasWritten(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

itMounts(
  "F24 the disk of the premises' database is full: the lane says so, records nothing, and goes on when there is room",
  async () => {
    const folder = await makeTempFolder('small-premises');
    disk = await mountSmallDisk(folder, 400 * MIB);
    await chmod(folder, 0o755);
    world = await openOwnPostgresWorld({ dataFolder: join(folder, 'data') });
    await (await world.begin()).vanish();
    await manyAccounts(20_000);
    await world.sql('CHECKPOINT');
    const backup = await fill(folder);
    lane = startLane(world);
    const failed = async () => (await laneStatus(world)).errorCode === '53100';
    await waitFor(failed, { timeoutMs: 60_000, what: 'the lane to say that the database has no room' });
    const [said] = await world.sql(
      `SELECT last_error ->> 'message' AS message FROM replication.connector_status`,
    );
    expect(said?.['message']).toMatch(/^The disk of the database is full\./);
    await expect(manyAccounts(20_000)).rejects.toMatchObject({ code: '53100' });
    expect(await world.sql(`SELECT n FROM replication.batch WHERE state = 'pending'`)).toEqual([]);
    expect(await world.replica.catchUp()).toBe('idle');
    expect(await world.replica.position()).toBe('1.1');
    await rm(backup);
    await waitFor(async () => (await laneStatus(world)).n === 2, { timeoutMs: 60_000, what: 'the batch' });
    await lane.stop();
    lane = null;
    await expectSound(world);
  },
);
