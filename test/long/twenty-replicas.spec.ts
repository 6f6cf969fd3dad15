// Twenty replicas, each the whole server in a process of its own with a database and keys of its own, on one bucket.
// HOLDFAST_TEST_REPLICAS makes it fewer.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  manifestKey,
  manifestPrefix,
  partPrefix,
  verifyManifest,
} from '../../src/replication/format/index.js';
import { addReplica } from '../../src/replication/trust/index.js';
import { openWorld, TENANT, type ConnectorWorld } from '../integration/connector/connector-world.js';
import { admin, keysUnder, makeHost, openKeeper } from '../integration/connector/trust-world.js';
import { waitFor } from '../support/index.js';
import { percentile, sizeOf, tell } from './figures.js';
import { contactForm, CONTACTS_POLICY, fillContacts, sumOfContacts } from './many-contacts.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published, reaches, type ReplicaProcess } from './product-processes.js';

const REPLICAS = sizeOf('HOLDFAST_TEST_REPLICAS', 20);
const ROWS = 10_000;
const BATCHES = 20;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 20 * MINUTE_MS;

let world: ConnectorWorld;
let processes: ProductProcesses;
let connector: MeasuredProcess;
const replicas: ReplicaProcess[] = [];
beforeAll(async () => {
  world = await openWorld();
  processes = await ProductProcesses.over(world);
  await fillContacts(world, 1, ROWS);
  await world.activate(CONTACTS_POLICY);
}, PATIENCE_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
}, PATIENCE_MS);

/** Each as an administrator does it, with a file from its host, which makes a new root each time. */
async function enrolAll(): Promise<number> {
  const startedAt = performance.now();
  replicas.push(await processes.replica());
  for (let number = 2; number <= REPLICAS; number += 1) {
    const host = await makeHost(world, `replica-${number}`);
    await addReplica(await openKeeper(world), admin, host.file);
    replicas.push(await processes.replica(host));
  }
  return (performance.now() - startedAt) / 1000;
}

/** Bytes before the first sealed row of the newest object, in which a key stands for each recipient. */
async function headerOfPart(): Promise<{ header: number; object: number }> {
  const [key = ''] = await keysUnder(world, partPrefix());
  const object = await world.bucket.get(key);
  return { header: 12 + object.readUInt32BE(8), object: object.length };
}

/** @returns seconds until all of them show what is published */
async function allReach(some: readonly ReplicaProcess[], at: string): Promise<number[]> {
  return Promise.all(some.map((replica) => reaches(replica, at, PATIENCE_MS)));
}

async function work(batches: number): Promise<string> {
  let at = '';
  for (let batch = 0; batch < batches; batch += 1) {
    await world.sql(
      `UPDATE crm.contact SET job_title = $1, version = version + 1
       WHERE id IN (SELECT id FROM crm.contact ORDER BY md5(id::text || $1) LIMIT 50)`,
      [`Round ${batch}`],
    );
    ({ at } = await published(world, PATIENCE_MS));
  }
  return at;
}

async function expectAllEqual(): Promise<void> {
  const form = await contactForm(world);
  const expected = await sumOfContacts(world.database.admin, 'cloud.contact', form);
  for (const { database } of replicas)
    expect(await sumOfContacts(database.admin, 'crm.contact', form)).toEqual(expected);
}

/** A generation made anew beside the chain, because somebody asks for it. */
async function compact(): Promise<string> {
  await world.sql(`INSERT INTO replication.generation_request (reason) VALUES ('a test compacts')`);
  const isLive = async (): Promise<boolean> => {
    const rows = await world.sql(
      `SELECT 1 FROM replication.generation WHERE state = 'live' AND reason = 'a test compacts'`,
    );
    return rows.length > 0;
  };
  await waitFor(isLive, { timeoutMs: PATIENCE_MS, what: 'the generation made anew' });
  return (await published(world, PATIENCE_MS)).at;
}

/** Under a narrower policy, which takes the generations before out of the bucket at once. */
async function narrow(): Promise<string> {
  const before = (await published(world, PATIENCE_MS)).at;
  await world.activate(CONTACTS_POLICY.replace('description: include', 'description: omit'));
  const isNew = async (): Promise<string | undefined> => {
    const { at } = await published(world, PATIENCE_MS);
    return at.split('.')[0] === before.split('.')[0] ? undefined : at;
  };
  const at = await waitFor(isNew, { timeoutMs: PATIENCE_MS, what: 'a generation under the new policy' });
  const isPurged = async (): Promise<boolean> => {
    const oldest = (await keysUnder(world, 'm/'))[0] ?? '';
    return oldest.startsWith(manifestPrefix(Number(at.split('.')[0])));
  };
  await waitFor(isPurged, { timeoutMs: PATIENCE_MS, what: 'the older generations to be gone' });
  return at;
}

it(
  `${REPLICAS} replicas enrol, follow one bucket to the same batch, and slow ones survive compaction and purge`,
  async () => {
    const enrolSeconds = await enrolAll();
    connector = await processes.connector();
    const first = await published(world, PATIENCE_MS);
    const hydrated = await allReach(replicas, first.at);
    const { header, object } = await headerOfPart();
    expect(await recipientsOf(first.at)).toBe(REPLICAS);

    const at = await work(BATCHES);
    const lags = await allReach(replicas, at);
    await expectAllEqual();

    const [slow, slower] = [replicas[1], replicas[2]];
    slow?.process.signal('SIGSTOP');
    slower?.process.signal('SIGSTOP');
    const others = replicas.filter((replica) => replica !== slow && replica !== slower);
    await allReach(others, await work(5));
    await allReach(others, await compact());
    slow?.process.signal('SIGCONT');
    const compacted = await work(5);
    await allReach([...others, ...(slow ? [slow] : [])], compacted);
    const narrowed = await narrow();
    await allReach(others, narrowed);
    slower?.process.signal('SIGCONT');
    await allReach(replicas, await work(5));
    await expectAllEqual();

    const peaks = replicas.map(({ process }) => process.peakMiB);
    tell(`${REPLICAS} replicas on one bucket, ${ROWS} contacts`, {
      ...{ 'enrolled and started s': enrolSeconds, 'last one hydrated s': Math.max(...hydrated) },
      ...{
        'last one after the last batch s': Math.max(...lags),
        'header bytes': header,
        'of object': object,
      },
      ...{ 'replica MiB p50': percentile(peaks, 0.5), 'replica MiB max': Math.max(...peaks) },
      'connector MiB': connector.peakMiB,
    });
    expect(connector.peakMiB).toBeLessThan(400);
  },
  2 * PATIENCE_MS,
);

/** How many different keys the batch says that it is sealed to, by the newest root. */
async function recipientsOf(at: string): Promise<number> {
  const [generation = 0, n = 0] = at.split('.').map(Number);
  const { chain } = await openKeeper(world);
  const manifest = await world.bucket.get(manifestKey(generation, n));
  return new Set(verifyManifest(manifest, chain, { tenant: TENANT }).recipients).size;
}
