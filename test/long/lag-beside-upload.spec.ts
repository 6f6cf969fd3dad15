// A file of 5 GB goes up, and rows must not wait for it. HOLDFAST_TEST_LAG_FILE_BYTES makes it smaller;
// HOLDFAST_TEST_CEPH_FOLDER on another disk keeps the object store's writes from those of the databases.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pathStyleKind } from '../integration/bucket/bucket-kinds.js';
import {
  FILES_POLICY,
  openAttachmentWorld,
  type AttachmentWorld,
  type StoredBlob,
} from '../integration/connector/attachment-world.js';
import { randomStream } from '../integration/connector/upload-process.js';
import { waitFor } from '../support/index.js';
import { beside } from './beside.js';
import { percentile, sizeOf, tell } from './figures.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published, reaches, type ReplicaProcess } from './product-processes.js';

const FILE_BYTES = sizeOf('HOLDFAST_TEST_LAG_FILE_BYTES', 5_000_000_000);
/** as an administrator caps it who has a line of 320 Mbit/s to spare; 0 for no cap */
const BYTES_PER_SECOND = sizeOf('HOLDFAST_TEST_LAG_BYTES_PER_SECOND', 40_000_000);
const PER_SECOND = 20;
const MEASURED_MS = 45_000;
const MINUTE_MS = 60_000;
/** Gateway, object store, connector and replica share two cores with the test: what is left is what the file costs. */
const MOST_TIMES = 8;
/** rows that waited for the file would wait for minutes */
const MOST_MS = 20_000;

let world: AttachmentWorld;
let processes: ProductProcesses;
let connector: MeasuredProcess;
let replica: ReplicaProcess;
let account: string;
let blob: StoredBlob;
beforeAll(async () => {
  world = await openAttachmentWorld(pathStyleKind);
  await world.activate(FILES_POLICY);
  account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
  blob = await world.store(randomStream(FILE_BYTES).stream);
  const { endpoint, accessKeyId, secretAccessKey } = await pathStyleKind.options();
  processes = await ProductProcesses.over(world, {
    ...{ endpoint, accessKeyId, secretAccessKey, forcePathStyle: true },
  });
  const cap = BYTES_PER_SECOND === 0 ? {} : { attachments: { bytesPerSecond: BYTES_PER_SECOND } };
  connector = await processes.connector({ connector: cap });
  replica = await processes.replica();
  await reaches(replica, (await published(world, 5 * MINUTE_MS)).at, 5 * MINUTE_MS);
}, 30 * MINUTE_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
});

/** Writes a row that many times a second, and reads it on the replica. @returns milliseconds of each */
async function lags(forMs: number): Promise<number[]> {
  const committed = new Map<string, number>();
  const seen = new Map<string, number>();
  const reading = beside(10, async () => {
    const { rows } = await replica.database.admin.query<{ name: string }>(
      `SELECT name FROM crm.account WHERE name LIKE 'mark %'`,
    );
    for (const { name } of rows) if (!seen.has(name)) seen.set(name, performance.now());
  });
  const startedAt = performance.now();
  for (let number = 0; performance.now() - startedAt < forMs; number += 1) {
    const mark = `mark ${Math.round(startedAt)} ${number}`;
    await world.insert('crm.account', { name: mark, kind: 'customer', sector: 'retail' });
    committed.set(mark, performance.now());
    await sleep(Math.max(0, startedAt + ((number + 1) * 1000) / PER_SECOND - performance.now()));
  }
  const areSeen = () => [...committed.keys()].every((mark) => seen.has(mark));
  await waitFor(areSeen, { timeoutMs: 5 * MINUTE_MS, what: 'every row to be on the replica' });
  await reading.stop();
  return [...committed].map(([mark, at]) => (seen.get(mark) ?? Number.NaN) - at);
}

const batches = async (): Promise<number> =>
  Number((await world.sql('SELECT count(*) AS count FROM replication.published_batch'))[0]?.count);

const sentBytes = async (): Promise<number> => {
  const [row] = await world.sql('SELECT state, sent_bytes FROM replication.blob_object');
  return row?.state === 'uploading' ? Number(row.sent_bytes) : 0;
};

it(
  `lag stays what it is while a file of ${FILE_BYTES / 1e9} GB goes up`,
  async () => {
    // what the set-up wrote is still on its way to the disk, and every commit would wait for it
    await promisify(execFile)('sync');
    await lags(5_000);
    const batchesBefore = await batches();
    const quiet = await lags(MEASURED_MS);
    const batchesOfQuiet = (await batches()) - batchesBefore;
    await world.attach(account, blob);
    await waitFor(async () => (await sentBytes()) > 0, {
      ...{ timeoutMs: 5 * MINUTE_MS, intervalMs: 250, what: 'the upload to be under way' },
    });
    const besides = await lags(MEASURED_MS);
    const [object] = await world.sql('SELECT state FROM replication.blob_object');
    expect(object?.state).toBe('uploading');
    const uploadedAt = performance.now();
    await waitFor(async () => (await world.blobRow(blob))?.state === 'available', {
      ...{ timeoutMs: 20 * MINUTE_MS, intervalMs: 250, what: 'the file to be there' },
    });
    const ratio = (share: number): number => percentile(besides, share) / percentile(quiet, share);
    tell(`lag at ${PER_SECOND} transactions/s beside a file of ${FILE_BYTES / 1e9} GB`, {
      ...{
        'p50 ms without': percentile(quiet, 0.5),
        with: percentile(besides, 0.5),
        ratio: ratio(0.5).toFixed(2),
      },
      ...{ 'p99 ms without': percentile(quiet, 0.99), 'p99 with': percentile(besides, 0.99) },
      ...{ 'p99 ratio': ratio(0.99).toFixed(2), 'cap MB/s': BYTES_PER_SECOND / 1e6 },
      'batches without': batchesOfQuiet,
      ...{
        'rest of the file s': (performance.now() - uploadedAt) / 1000,
        'connector MiB': connector.peakMiB,
      },
    });
    expect(ratio(0.5)).toBeLessThan(MOST_TIMES);
    expect(percentile(besides, 0.99)).toBeLessThan(MOST_MS);
  },
  60 * MINUTE_MS,
);
