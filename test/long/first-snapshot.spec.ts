// Five million records leave for the first time, through a connector that is killed on the way.
// HOLDFAST_TEST_SNAPSHOT_ROWS makes it shorter.
import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { keyFolders, partPrefix } from '../../src/replication/format/index.js';
import { PINNED_ROOT_FILE } from '../../src/replication/replica/index.js';
import { openWorld, type ConnectorWorld } from '../integration/connector/connector-world.js';
import { keysUnder } from '../integration/connector/trust-world.js';
import { waitFor } from '../support/index.js';
import { checkout } from '../support/running-system.js';
import { sizeOf, tell } from './figures.js';
import {
  contactForm,
  CONTACTS_POLICY,
  fillContacts,
  signedContacts,
  sumOfContacts,
} from './many-contacts.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published } from './product-processes.js';

const ROWS = sizeOf('HOLDFAST_TEST_SNAPSHOT_ROWS', 5_000_000);
const CHUNK_ROWS = 50_000;
const KILL_AT = [0.25, 0.6];
const MOST_MIB = 400;
const HOUR_MS = 3_600_000;

let world: ConnectorWorld;
let processes: ProductProcesses;
beforeAll(async () => {
  world = await openWorld();
  processes = await ProductProcesses.over(world);
  await fillContacts(world, 1, ROWS);
  await world.activate(CONTACTS_POLICY);
}, HOUR_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
});

/** Each chunk as it was recorded, and when its object was written where it is in the bucket already. */
interface KeptChunk {
  part: number;
  entry: { name: string; sha256: string };
  writtenAtNs: bigint | null;
}

async function keptChunks(): Promise<KeptChunk[]> {
  const rows = await world.sql(
    'SELECT part, entry FROM replication.snapshot_chunk WHERE generation = 1 ORDER BY part',
  );
  return Promise.all(
    rows.map(async (row) => {
      const entry = row.entry as KeptChunk['entry'];
      return { part: Number(row.part), entry, writtenAtNs: await writtenAt(entry.name) };
    }),
  );
}

async function writtenAt(name: string): Promise<bigint | null> {
  const found = await stat(join(world.bucketFolder, name), { bigint: true }).catch(() => null);
  return found?.mtimeNs ?? null;
}

/** kill -9 in mid-snapshot. */
async function killAfter(chunks: number, connector: MeasuredProcess): Promise<KeptChunk[]> {
  const isThere = async (): Promise<boolean> => {
    expect(connector.hasEnded).toBe(false);
    const [row] = await world.sql('SELECT count(*)::int AS count FROM replication.snapshot_chunk');
    return Number(row?.count) >= chunks;
  };
  await waitFor(isThere, { timeoutMs: HOUR_MS, intervalMs: 20, what: `${chunks} chunks` });
  await connector.end('SIGKILL');
  // people go on meanwhile, also on rows that have been read already
  await world.sql(
    `UPDATE crm.contact SET job_title = 'Changed meanwhile', version = version + 1
     WHERE id IN (SELECT id FROM crm.contact ORDER BY id LIMIT 500)`,
  );
  return keptChunks();
}

async function verifyBucket(): Promise<{ output: string; seconds: number }> {
  const identity = join(world.folder, 'identity.txt');
  await writeFile(identity, `${world.identities.join('\n')}\n`, { mode: 0o600 });
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...[join(checkout, 'dist/src/cli/main.js'), 'cloud', 'verify', '--quiet'],
      ...['--root', join(keyFolders(world.folder).connector, PINNED_ROOT_FILE)],
      ...['--bucket', world.bucketFolder, '--identity', identity],
    ],
    { timeout: HOUR_MS },
  );
  return { output: stdout, seconds: (performance.now() - startedAt) / 1000 };
}

it(
  `publishes ${ROWS} records in bounded memory, and goes on with the next chunk after each kill -9`,
  async () => {
    const peaks: number[] = [];
    const kept: KeptChunk[] = [];
    for (const share of KILL_AT) {
      const connector = await processes.connector();
      kept.push(...(await killAfter(Math.ceil((ROWS / CHUNK_ROWS) * share), connector)));
      peaks.push(connector.peakMiB);
    }
    expect(await keysUnder(world, 'm/')).toEqual([]);
    const last = await processes.connector();
    const { at, snapshotSeconds } = await published(world, HOUR_MS);
    peaks.push(last.peakMiB);

    const { parts } = await world.readManifest(1, 1);
    const names = new Set(parts.map(({ name, sha256 }) => `${name} ${sha256}`));
    expect(kept.filter(({ entry }) => !names.has(`${entry.name} ${entry.sha256}`))).toEqual([]);
    const uploaded = kept.filter(({ writtenAtNs }) => writtenAtNs !== null);
    for (const { entry, writtenAtNs } of uploaded) expect(await writtenAt(entry.name)).toBe(writtenAtNs);
    expect(uploaded.length).toBeGreaterThan((ROWS / CHUNK_ROWS) * 0.5);
    const objects = await keysUnder(world, partPrefix(1));
    expect(objects.filter((key) => key.includes('/0000000001-')).sort()).toEqual(
      parts.map(({ name }) => name).sort(),
    );

    const form = await contactForm(world);
    const signed = await signedContacts(world, at);
    expect(signed.count).toBe(ROWS);
    expect(signed).toEqual(await sumOfContacts(world.database.admin, 'cloud.contact', form));
    const verified = await verifyBucket();
    tell(`first snapshot of ${ROWS} contacts`, {
      ...{ 'peaks in MiB': peaks.join(', '), seconds: snapshotSeconds, 'rows/s': ROWS / snapshotSeconds },
      ...{ parts: parts.length, 'not written again': uploaded.length, 'cloud verify s': verified.seconds },
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    expect(Math.max(...peaks)).toBeLessThan(MOST_MIB);
  },
  2 * HOUR_MS,
);
