// Three connectors share the work: one publishes rows, all of them upload files, and one is killed in the middle.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { pathStyleKind } from '../integration/bucket/bucket-kinds.js';
import {
  fileOf,
  FILES_POLICY,
  gather,
  openAttachmentWorld,
  sealedOf,
  type AttachmentWorld,
} from '../integration/connector/attachment-world.js';
import { waitFor } from '../support/index.js';
import { beside } from './beside.js';
import { percentile, sizeOf, tell } from './figures.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published } from './product-processes.js';

const FILES = sizeOf('HOLDFAST_TEST_SHARED_FILES', 60);
const FILE_BYTES = 8 * 2 ** 20;
/** of each connector: slow enough to be killed with files in hand */
const BYTES_PER_SECOND = 6 * 2 ** 20;
const CONNECTORS = 3;
/** by its number: not the one that publishes */
const KILLED = 1;
const ROW_EVERY_MS = 200;
const MINUTE_MS = 60_000;

let world: AttachmentWorld;
let processes: ProductProcesses;
let account: string;
const contents = new Map<string, string>();
beforeAll(async () => {
  world = await openAttachmentWorld(pathStyleKind);
  await world.activate(FILES_POLICY);
  account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
  const { endpoint, accessKeyId, secretAccessKey } = await pathStyleKind.options();
  processes = await ProductProcesses.over(world, {
    ...{ endpoint, accessKeyId, secretAccessKey, forcePathStyle: true },
  });
  for (let number = 0; number < FILES; number += 1) {
    const content = fileOf(FILE_BYTES);
    const { id } = await world.attach(account, content);
    contents.set(id, createHash('sha256').update(content).digest('hex'));
  }
}, 20 * MINUTE_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
});

/** The first one has the lease before the others come. */
async function startAll(): Promise<MeasuredProcess[]> {
  const connectors: MeasuredProcess[] = [];
  const attachments = { bytesPerSecond: BYTES_PER_SECOND };
  for (let number = 0; number < CONNECTORS; number += 1) {
    const spoolFolder = `${world.spoolFolder}-${number}`;
    const connector = { attachments, leaseMs: 5_000, spoolFolder };
    connectors.push(await processes.connector({ name: `connector-${number}`, connector }));
    await published(world, 2 * MINUTE_MS);
  }
  return connectors;
}

/** Which files a connector says that it brought there. */
async function broughtBy(connector: MeasuredProcess): Promise<string[]> {
  const lines = await connector.log();
  return lines.filter(({ event }) => event === 'attachment.available').map(({ blobId }) => String(blobId));
}

interface Underway {
  blob_id: string;
  holder: string;
  epoch: string;
}

const underway = () =>
  world.sql(
    `SELECT blob_id, holder, epoch FROM replication.blob_object WHERE state = 'uploading'`,
  ) as unknown as Promise<Underway[]>;

/** The connector's own name for itself, from a file that it brought there. */
async function holderOf(connector: MeasuredProcess): Promise<string> {
  const brought = await broughtBy(connector);
  const [row] = await world.sql(
    'SELECT holder FROM replication.blob_object WHERE blob_id = ANY ($1::uuid[]) LIMIT 1',
    [brought],
  );
  return String(row?.holder);
}

/** People write all the while. @returns milliseconds from each commit to its batch in the bucket */
function writeRows(): { stop: () => Promise<number[]> } {
  const lags: number[] = [];
  const writing = beside(ROW_EVERY_MS, async () => {
    await world.sql('UPDATE crm.account SET name = $1 WHERE id = $2', [`Shop ${lags.length}`, account]);
    const startedAt = performance.now();
    await published(world, MINUTE_MS);
    lags.push(performance.now() - startedAt);
  });
  return {
    stop: async () => {
      await writing.stop();
      return lags;
    },
  };
}

const available = async (): Promise<number> => {
  const [row] = await world.sql(
    `SELECT count(*)::int AS count FROM replication.blob_object WHERE state = 'available'`,
  );
  return Number(row?.count);
};

/** kill -9 of one that has files in hand and does not publish. @returns what it had in hand */
async function killOne(connectors: readonly MeasuredProcess[]): Promise<Underway[]> {
  await waitFor(async () => Math.min(...(await counts(connectors))) >= 2, {
    timeoutMs: 5 * MINUTE_MS,
    what: 'each connector to have brought files',
  });
  const killed = connectors[KILLED];
  if (killed === undefined) throw new RangeError('there is no such connector');
  const holder = await holderOf(killed);
  const ofIt = async (): Promise<Underway[]> => (await underway()).filter((row) => row.holder === holder);
  await waitFor(async () => (await ofIt()).length > 0, { timeoutMs: MINUTE_MS, what: 'files in its hand' });
  await killed.end('SIGKILL');
  return ofIt();
}

const counts = (connectors: readonly MeasuredProcess[]): Promise<number[]> =>
  Promise.all(connectors.map(async (each) => (await broughtBy(each)).length));

it(
  `${FILES} files through ${CONNECTORS} connectors: none twice, those of one that is killed are taken over, rows go on`,
  async () => {
    const startedAt = performance.now();
    const connectors = await startAll();
    const rows = writeRows();
    const left = await killOne(connectors);
    expect(left.length).toBeGreaterThan(0);
    await waitFor(async () => (await available()) === FILES, {
      ...{ timeoutMs: 15 * MINUTE_MS, intervalMs: 250, what: 'all files to be available' },
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const lags = await rows.stop();
    await published(world, MINUTE_MS);

    const brought = await Promise.all(connectors.map(broughtBy));
    const all = brought.flat();
    expect(all.length).toBe(FILES);
    expect(new Set(all).size).toBe(FILES);
    const survivors = brought.filter((_, index) => index !== KILLED).flat();
    expect(left.filter(({ blob_id: blob }) => !survivors.includes(blob))).toEqual([]);
    expect((await world.objects()).length).toBe(FILES);
    const claims = await world.sql('SELECT blob_id, epoch FROM replication.blob_object WHERE epoch > 1');
    expect(claims.map(({ blob_id: blob }) => blob).sort()).toEqual(left.map((row) => row.blob_id).sort());
    await expectReadable();
    tell(`${FILES} files of ${FILE_BYTES / 2 ** 20} MiB through ${CONNECTORS} connectors`, {
      ...{ seconds, 'files of each': brought.map((files) => files.length).join(', ') },
      ...{ 'taken over': left.length, 'batches meanwhile': lags.length },
      ...{ 'commit to bucket p50 ms': percentile(lags, 0.5), 'p99 ms': percentile(lags, 0.99) },
      'connector MiB at most': Math.max(...connectors.map(({ peakMiB }) => peakMiB)),
    });
    expect(lags.length).toBeGreaterThan(5);
  },
  30 * MINUTE_MS,
);

/** As a replica would: by the row that was published, with its key. */
async function expectReadable(): Promise<void> {
  await world.reader.catchUp();
  for (const [id, sha256] of contents) {
    const row = sealedOf(world.reader.rows('attachment').get(id));
    expect(row.state).toBe('available');
    const content = await gather(await world.opener.open(row));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  }
}
