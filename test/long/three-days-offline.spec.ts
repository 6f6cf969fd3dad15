// The link to the bucket is gone for three days in which people make two million changes; then it is back.
// HOLDFAST_TEST_OFFLINE_ROWS makes it shorter: each row is changed four times.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openBucket } from '../../src/platform/bucket/index.js';
import { openWorld, type ConnectorWorld } from '../integration/connector/connector-world.js';
import { TcpLink } from '../support/fault-proxy/index.js';
import { waitFor } from '../support/index.js';
import { makeS3Bucket, s3Options, sharedRadosgw } from '../support/radosgw/index.js';
import { beside } from './beside.js';
import { percentile, sizeOf, tell } from './figures.js';
import {
  contactForm,
  CONTACTS_POLICY,
  fillContacts,
  signedContacts,
  sumOfContacts,
} from './many-contacts.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published, reaches, type ReplicaProcess } from './product-processes.js';

const ROWS = sizeOf('HOLDFAST_TEST_OFFLINE_ROWS', 500_000);
const TIMES = 4;
const ROWS_PER_TRANSACTION = 1_000;
const SPOOL_BYTES = 256 * 2 ** 20;
/** what the connector coalesces above; a constant of its lane */
const MAX_BACKLOG = 500_000;
const HOUR_MS = 3_600_000;

let world: ConnectorWorld;
let link: TcpLink;
let processes: ProductProcesses;
let connector: MeasuredProcess;
let replica: ReplicaProcess;
beforeAll(async () => {
  const gateway = await sharedRadosgw();
  link = await TcpLink.to(gateway.port);
  const url = `s3://${await makeS3Bucket(gateway)}`;
  // the test itself looks into the bucket past the link
  world = await openWorld({ openBucket: () => Promise.resolve(openBucket(url, s3Options(gateway))) });
  const { accessKeyId, secretAccessKey } = gateway.owner;
  const endpoint = `http://127.0.0.1:${link.port}`;
  processes = await ProductProcesses.over(world, {
    ...{ endpoint, accessKeyId, secretAccessKey, forcePathStyle: true },
  });
  await fillContacts(world, 1, ROWS);
  await world.activate(CONTACTS_POLICY);
  connector = await startConnector();
  replica = await processes.replica();
  const { at } = await published(world, HOUR_MS);
  await reaches(replica, at, HOUR_MS);
}, HOUR_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
  await link.close();
});

const startConnector = () => processes.connector({ connector: { spoolBytes: SPOOL_BYTES } });

interface Bounds {
  logRows: number;
  logBytes: number;
  spoolBytes: number;
}

async function spoolBytes(): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(world.spoolFolder, { recursive: true }).catch(() => []))
    bytes += (await stat(join(world.spoolFolder, name)).catch(() => null))?.size ?? 0;
  return bytes;
}

/** Looks at log and spool until `stop`, which answers the most of each. */
function watchBounds(): { stop: () => Promise<Bounds> } {
  const most: Bounds = { logRows: 0, logBytes: 0, spoolBytes: 0 };
  let looks = 0;
  const watching = beside(250, async () => {
    most.spoolBytes = Math.max(most.spoolBytes, await spoolBytes());
    looks += 1;
    if (looks % 20 !== 1) return; // counting reads the whole log
    const { rows, bytes } = await changeLog();
    most.logRows = Math.max(most.logRows, rows);
    most.logBytes = Math.max(most.logBytes, bytes);
  });
  return {
    stop: async () => {
      await watching.stop();
      return most;
    },
  };
}

async function changeLog(): Promise<{ rows: number; bytes: number }> {
  const [row] = await world.sql(
    `SELECT (SELECT count(*) FROM replication.change)::int AS rows,
       pg_total_relation_size('replication.change')::float8 AS bytes`,
  );
  return row as { rows: number; bytes: number };
}

/** Everybody's every record, a thousand a transaction. @returns milliseconds of each transaction */
async function changeAll(round: string, rows = ROWS): Promise<number[]> {
  const took: number[] = [];
  let last = '00000000-0000-0000-0000-000000000000';
  for (let done = 0; done < rows; done += ROWS_PER_TRANSACTION) {
    const startedAt = performance.now();
    const [row] = await world.sql(
      `WITH due AS (SELECT id FROM crm.contact WHERE id > $2 ORDER BY id LIMIT ${ROWS_PER_TRANSACTION}),
         changed AS (UPDATE crm.contact c SET job_title = $1, version = version + 1 FROM due
           WHERE c.id = due.id RETURNING c.id)
       SELECT max(id::text) AS last FROM changed`,
      [round, last],
    );
    took.push(performance.now() - startedAt);
    last = String(row?.last);
  }
  return took;
}

async function laneSays(code: string | null): Promise<void> {
  const isSaid = async (): Promise<boolean> => {
    const [row] = await world.sql(`SELECT last_error ->> 'code' AS code FROM replication.connector_status`);
    return row?.code === code;
  };
  await waitFor(isSaid, { timeoutMs: HOUR_MS / 4, what: `the status page to say ${String(code)}` });
}

it(
  `${ROWS * TIMES} changes while the link is cut: log and spool stay bounded, people work on, all of it arrives`,
  async () => {
    const calm = await changeAll('Before', ROWS / 5);
    await reaches(replica, (await published(world, HOUR_MS)).at, HOUR_MS);
    link.set('cut');
    await world.sql(
      `UPDATE crm.contact SET version = version + 1 WHERE id = (SELECT max(id::text)::uuid FROM crm.contact)`,
    );
    await laneSays('bucket.unavailable');
    const bounds = watchBounds();
    const took: number[] = [];
    for (let round = 1; round <= TIMES - 1; round += 1) took.push(...(await changeAll(`Offline ${round}`)));
    // within three days a host is restarted, too
    await connector.end('SIGKILL');
    const peakOffline = connector.peakMiB;
    connector = await startConnector();
    took.push(...(await changeAll(`Offline ${TIMES}`)));
    if (ROWS >= MAX_BACKLOG)
      await waitFor(async () => (await changeLog()).rows <= ROWS * 2, {
        ...{ timeoutMs: HOUR_MS / 2, intervalMs: 1_000, what: 'the change log to be coalesced' },
      });
    const kept = await changeLog();
    const offline = await bounds.stop();
    await laneSays('bucket.unavailable');

    link.set('open');
    const backAt = performance.now();
    const online = watchBounds();
    const { at } = await published(world, HOUR_MS);
    const publishedSeconds = (performance.now() - backAt) / 1000;
    await reaches(replica, at, HOUR_MS);
    const shownSeconds = (performance.now() - backAt) / 1000;
    const after = await online.stop();
    await laneSays(null);

    const form = await contactForm(world);
    const expected = await sumOfContacts(world.database.admin, 'cloud.contact', form);
    expect(await sumOfContacts(replica.database.admin, 'crm.contact', form)).toEqual(expected);
    expect(await signedContacts(world, at)).toEqual(expected);
    tell(`${ROWS * TIMES} changes of ${ROWS} rows while the link was cut`, {
      ...{ 'change log rows at most': offline.logRows, 'at the end': kept.rows },
      ...{ 'change log MB at most': offline.logBytes / 1e6 },
      ...{ 'spool MB offline': offline.spoolBytes / 1e6, 'spool MB in catch-up': after.spoolBytes / 1e6 },
      ...{ 'caught up s': publishedSeconds, 'rows/s': ROWS / publishedSeconds },
      ...{ 'changes/s': (ROWS * TIMES) / publishedSeconds, 'on the replica s': shownSeconds },
      ...{ 'transaction ms before p50': percentile(calm, 0.5), 'offline p50': percentile(took, 0.5) },
      ...{ 'before p99': percentile(calm, 0.99), 'offline p99': percentile(took, 0.99) },
      ...{
        'connector MiB': Math.max(peakOffline, connector.peakMiB),
        'replica MiB': replica.process.peakMiB,
      },
    });
    // nothing is made for a bucket that does not answer
    expect(offline.spoolBytes).toBeLessThan(2 ** 20);
    expect(after.spoolBytes).toBeLessThan(SPOOL_BYTES);
    expect(Math.max(peakOffline, connector.peakMiB)).toBeLessThan(400);
    expect(replica.process.peakMiB).toBeLessThan(400);
  },
  2 * HOUR_MS,
);
