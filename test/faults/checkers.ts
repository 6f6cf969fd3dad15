// What must be true after every fault, whatever it was.
import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import pg from 'pg';
import { purgeGenerationsBelow } from '../../connector/purge/purge-generations.js';
import {
  comparePositions,
  digestOf,
  FormatError,
  keyFolders,
  manifestPrefix,
  readPart,
  ReplicaKeyStore,
  verifyManifest,
} from '../../src/replication/format/index.js';
import { TENANT } from '../integration/connector/connector-world.js';
import { openedFiles } from '../integration/replication/canary-search.js';
import { CANARY, CONSTANT_SUM, type FaultWorld } from './fault-world.js';

/** Lets the replica catch up, and holds everything against the promise of replication. */
export async function expectSound(world: FaultWorld): Promise<void> {
  expect(await world.replica.catchUp()).toBe('idle');
  expect(await differences(world)).toEqual([]);
  expect(world.replica.shown.filter(({ sum }) => sum !== CONSTANT_SUM)).toEqual([]);
  expect(world.replica.shown.filter((state, index, all) => !isAfter(state, all[index - 1]))).toEqual([]);
  expect(await objectsWith(world, CANARY)).toEqual([]);
  expect(await orphansIn(world)).toEqual([]);
}

function isAfter(state: { generation: number; n: number }, before?: { generation: number; n: number }) {
  return before === undefined || comparePositions(state, before) > 0;
}

/** Rows of any type that travels in which the replica is not what the policy's view shows now. */
export async function differences(world: FaultWorld): Promise<string[]> {
  const catalog = (await world.sql('SELECT type, table_name, columns FROM replication.view_catalog')) as {
    type: string;
    table_name: string;
    columns: { name: string }[];
  }[];
  const found: string[] = [];
  for (const { type, table_name: table, columns } of catalog) {
    const list = columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
    const stored = `(SELECT ${list} FROM ${table.replace(/[^.]+/g, '"$&"')})`;
    const expected = await rowsOf(world.database.admin, `cloud."${type}"`);
    const actual = await rowsOf(world.replica.database.admin, stored);
    found.push(...minus(expected, actual).map((row) => `missing ${type} ${row}`));
    found.push(...minus(actual, expected).map((row) => `too much ${type} ${row}`));
  }
  return found;
}

async function rowsOf(admin: pg.Pool, from: string): Promise<string[]> {
  const { rows } = await admin.query<{ row: string }>(`SELECT row_to_json(r)::text AS row FROM ${from} r`);
  return rows.map(({ row }) => row);
}

function minus(all: readonly string[], taken: readonly string[]): string[] {
  const known = new Set(taken);
  return all.filter((row) => !known.has(row));
}

/** Private halves of the keys that the replica has now. */
export async function replicaIdentities(world: FaultWorld): Promise<string[]> {
  const keys = new ReplicaKeyStore(keyFolders(world.folder).replica('london'));
  return (await keys.recipients()).map(({ identity }) => identity);
}

/**
 * Objects in which a word stands: as they lie there, and opened with the replica's keys, named by a manifest or not.
 * @param more keys that the replica had and has destroyed
 */
export async function objectsWith(
  world: FaultWorld,
  word: string,
  more: readonly string[] = [],
): Promise<string[]> {
  const identities = [...new Set([...more, ...(await replicaIdentities(world))])];
  const found: string[] = [];
  for await (const { key } of world.bucket.list('')) {
    const object = await world.bucket.get(key);
    const shown = key.startsWith('d/') ? await linesOf(key, object, identities) : payloadOf(object);
    if (object.includes(word) || shown.includes(word)) found.push(key);
  }
  for (const { where, bytes } of await openedFiles(world.bucket, TENANT, identities))
    if (bytes.includes(word)) found.push(where);
  return found;
}

function payloadOf(object: Buffer): Buffer {
  const [, payload] = /"payload":"([^"]+)"/.exec(object.toString('latin1')) ?? [];
  return Buffer.from(payload ?? '', 'base64');
}

/** Whatever opens of a part. What only a manifest knows of it is not asked, since one that was left behind has none. */
async function linesOf(key: string, object: Buffer, identity: readonly string[]): Promise<Buffer> {
  const [, generation, n, part] = /^d\/(\d+)\/(\d+)-(\d+)/.exec(key) ?? [];
  if (part === undefined) return Buffer.alloc(0); // a list of files, which is legible as it lies there
  const lines: Buffer[] = [];
  const sha256 = createHash('sha256').update(object).digest('hex');
  try {
    for await (const line of readPart({
      ...{ identity, source: object },
      context: { tenant: TENANT, generation: Number(generation), n: Number(n), part: Number(part) },
      expect: { name: key, bytes: object.length, sha256, rows: 0, plainBytes: Number.MAX_SAFE_INTEGER },
    }))
      lines.push(line);
  } catch (error) {
    // its true length is unknown here, so the end is always a disappointment; one that opened at all gave its lines
    if (!(error instanceof FormatError) || lines.length === 0) throw error;
  }
  return Buffer.concat(lines);
}

/** Objects that are still there after old generations were purged, and that nothing needs. */
async function orphansIn(world: FaultWorld): Promise<string[]> {
  const [{ live = 0 } = {}] = (await world.sql(
    `SELECT id::int AS live FROM replication.generation WHERE state = 'live'`,
  )) as { live?: number }[];
  await purgeGenerationsBelow(world.bucket, live, new AbortController().signal);
  const needed = new Set<string>();
  const { chain } = world.trust;
  for await (const { key } of world.bucket.list(manifestPrefix(live))) {
    const bytes = await world.bucket.get(key);
    // by its own digest: the key that signed it may be retired by now
    const expected = { tenant: TENANT, anchor: digestOf(bytes) };
    const { parts, attachments } = verifyManifest(bytes, chain, expected);
    for (const name of [key, ...[...parts, ...attachments.lists].map((part) => part.name)]) needed.add(name);
  }
  for (const row of await world.sql('SELECT object_name FROM replication.blob_object'))
    needed.add(String(row['object_name']));
  const left: string[] = [];
  for await (const { key } of world.bucket.list(''))
    if (!needed.has(key) && !/^(?:root\/|acks\/|receipts\/|beat\.json$)/.test(key)) left.push(key);
  return left;
}
