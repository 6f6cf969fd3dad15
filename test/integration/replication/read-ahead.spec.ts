// Where the bucket is far away, the next batches are on their way while one is applied.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { beatKey, manifestKey, type Manifest } from '../../../src/replication/format/index.js';
import type { ReplicaFollower } from '../../../src/replication/replica/index.js';
import { seed } from './premises-seed.js';
import { contents, openDatabases, openStage, type Databases, type Stage } from './premises.js';

const BATCHES = 12;

let databases: Databases;
let stage: Stage;
let follower: ReplicaFollower;
let asked: string[];
beforeAll(async () => {
  databases = await openDatabases();
});
afterAll(() => databases.drop());
beforeEach(async () => {
  stage = await openStage(databases);
  asked = [];
  const get = stage.bucket.get.bind(stage.bucket);
  stage.bucket.get = (key, options) => {
    asked.push(key);
    return get(key, options);
  };
  const stream = stage.bucket.stream.bind(stage.bucket);
  stage.bucket.stream = (key, ...more) => {
    asked.push(key);
    return stream(key, ...more);
  };
  follower = stage.follower();
  await seed(stage, 20);
  await stage.publisher.publish();
  while ((await follower.step()) === 'applied');
  asked = [];
});
afterEach(() => stage.close());

const publishOne = async (mark: number): Promise<Manifest> => {
  await stage.primary.admin.query(`UPDATE crm.deal SET name = $1`, [`Deal ${mark}`]);
  return stage.publisher.publish();
};
const partOf = ({ parts }: Manifest): string => parts[0]?.name ?? '';
const times = (key: string): number => asked.filter((each) => each === key).length;

it('asks for every object once, and for the beat not before every batch', async () => {
  const manifests: Manifest[] = [];
  for (let mark = 1; mark <= BATCHES; mark += 1) manifests.push(await publishOne(mark));
  let steps = 0;
  while ((await follower.step()) === 'applied') steps += 1;
  expect(steps).toBe(BATCHES);
  const { premises, replica } = await contents(stage);
  expect(replica).toEqual(premises);
  for (const manifest of manifests) {
    expect([manifest.n, times(manifestKey(1, manifest.n))]).toEqual([manifest.n, 1]);
    expect([manifest.n, times(partOf(manifest))]).toEqual([manifest.n, 1]);
  }
  expect(times(beatKey)).toBeLessThan(BATCHES);
});

it('fetches the batches that follow before the one in hand is applied', async () => {
  await publishOne(1);
  await publishOne(2);
  const third = await publishOne(3);
  const client = await stage.replica.admin.connect();
  try {
    // what applies waits for this row
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM replication.replica_state FOR UPDATE');
    const step = follower.step();
    while (times(partOf(third)) === 0) await new Promise((resolve) => setImmediate(resolve));
    const { rows } = await stage.replica.admin.query<{ n: number }>(
      'SELECT n FROM replication.replica_state',
    );
    expect(rows[0]?.n).toBe(1);
    await client.query('COMMIT');
    expect(await step).toBe('applied');
  } finally {
    client.release();
  }
});

it('believes nothing because it was fetched early', async () => {
  await publishOne(1);
  stage.publisher.forge = { line: (line) => line.replace('Deal 2', 'Deal X') };
  await publishOne(2);
  expect(await follower.step()).toBe('applied');
  expect(await follower.step()).toBe('failed');
  const { rows } = await stage.replica.admin.query<{ n: number }>('SELECT n FROM replication.replica_state');
  expect(rows[0]?.n).toBe(2);
});
