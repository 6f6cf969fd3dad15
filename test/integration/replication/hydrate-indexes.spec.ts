// On its first fill a replica builds its indexes after the rows are there; later on it keeps them, for people read.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { ReplicaFollower } from '../../../src/replication/replica/index.js';
import { seed } from './premises-seed.js';
import { contents, openDatabases, openStage, type Databases, type Stage } from './premises.js';

const MANY = 6_000;

let databases: Databases;
let stage: Stage;
let follower: ReplicaFollower;
beforeAll(async () => {
  databases = await openDatabases();
});
afterAll(() => databases.drop());
beforeEach(async () => {
  stage = await openStage(databases);
  follower = stage.follower();
});
afterEach(() => stage.close());

interface Index {
  table: string;
  definition: string;
  /** another one after it was built anew */
  file: string;
}

async function indexes(): Promise<Index[]> {
  const { rows } = await stage.replica.admin.query<Index>(
    `SELECT i.indrelid::regclass::text AS table, pg_get_indexdef(i.indexrelid) AS definition,
       pg_relation_filepath(i.indexrelid) AS file
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
     WHERE t.relnamespace = 'crm'::regnamespace AND i.indisvalid ORDER BY 1, 2`,
  );
  return rows;
}
const definitions = (list: Index[]): string[] => list.map(({ definition }) => definition);
const filesOf = (list: Index[], table: string): string[] =>
  list.filter((each) => each.table === table).map(({ file }) => file);

async function caughtUp(): Promise<void> {
  while ((await follower.step()) === 'applied');
  const { premises, replica } = await contents(stage);
  expect(replica).toEqual(premises);
}

it('has the same indexes after a first fill of many rows, built anew where there were many', async () => {
  const before = await indexes();
  await seed(stage, MANY);
  await stage.publisher.publish();
  await caughtUp();
  const after = await indexes();
  expect(definitions(after)).toEqual(definitions(before));
  const anew = filesOf(after, 'crm.deal').filter((file) => !filesOf(before, 'crm.deal').includes(file));
  expect(anew.length).toBeGreaterThan(5);
  expect(filesOf(after, 'crm.account')).toEqual(filesOf(before, 'crm.account'));
  const { rows } = await stage.replica.admin.query('SELECT 1 FROM replication.shelved_index');
  expect(rows).toEqual([]);
});

it('keeps every index where a first fill is refused', async () => {
  const before = await indexes();
  await seed(stage, MANY);
  await stage.publisher.publish();
  // a row that nobody signed: the sum of what is stored differs from the manifest's
  await stage.replica.admin.query(`CREATE FUNCTION crm.forge() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.name := 'forged'; RETURN NEW; END $$;
    CREATE TRIGGER forge BEFORE INSERT ON crm.deal FOR EACH ROW EXECUTE FUNCTION crm.forge()`);
  try {
    expect(await follower.step()).not.toBe('applied');
  } finally {
    await stage.replica.admin.query('DROP FUNCTION crm.forge() CASCADE');
  }
  expect(await indexes()).toEqual(before);
  await caughtUp();
});

it('lets the role that applies shelve nothing once a state is shown, and nothing but records', async () => {
  await expect(
    stage.pool.query(`SELECT replication.shelve_indexes('replication.replica_state')`),
  ).rejects.toThrow('is no table of records');
  await seed(stage, 20);
  await stage.publisher.publish();
  await caughtUp();
  await expect(stage.pool.query(`SELECT replication.shelve_indexes('crm.deal')`)).rejects.toThrow(
    'this replica holds a state already',
  );
  await expect(
    stage.pool.query(`INSERT INTO replication.shelved_index VALUES ('DROP TABLE crm.deal')`),
  ).rejects.toThrow('permission denied');
});
