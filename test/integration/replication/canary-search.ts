// Plants words that occur nowhere else, and looks for them afterwards in everything that left the building.
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type pg from 'pg';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import {
  blobPrefix,
  manifestPrefix,
  FormatError,
  openBlob,
  parseLine,
  partPrefix,
  readPart,
  verifyManifest,
  type TrustChain,
} from '../../../src/replication/format/index.js';

/**
 * `never` must not leave; `left` may not stay after it was taken back; `allowed` shows that the search can find, and
 * `content` that it finds what stands in a file too, which is in the bucket and in no table.
 */
export type CanaryKind = 'never' | 'left' | 'allowed' | 'content';

/** Signed and legible: roots, manifests and their lists of files, acknowledgements, the beat. */
const PLAIN = /^(?:root\/|acks\/|beat\.json$|m\/|d\/.*-files-)/;

const uuidForm = /^[0-9a-f]{8}-/;

export class Canaries {
  private readonly planted = new Map<string, { kind: CanaryKind; label: string; forms: Buffer[] }>();

  /** A word to put into a text. Lower-case letters only, so that it also passes as a key, a code or a mail name. */
  word(kind: CanaryKind, label: string): string {
    const letters = [...randomBytes(16)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
    return this.add(kind, label, `cny${letters}`);
  }

  /** Ten digits, for what keeps nothing but digits. */
  digits(kind: CanaryKind, label: string): string {
    return this.add(kind, label, String(9_000_000_000 + randomBytes(4).readUInt32BE() / 8).slice(0, 10));
  }

  id(kind: CanaryKind, label: string): string {
    const hex = randomBytes(16).toString('hex');
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20),
    ];
    return this.add(kind, label, parts.join('-'));
  }

  private add(kind: CanaryKind, label: string, value: string): string {
    const forms = [value, Buffer.from(value).toString('hex')].map((text) => Buffer.from(text));
    if (uuidForm.test(value)) {
      const compact = value.replaceAll('-', '');
      forms.push(Buffer.from(compact), Buffer.from(compact, 'hex'));
    }
    this.planted.set(value, { kind, label, forms });
    return value;
  }

  labels(kind: CanaryKind): string[] {
    return [...this.planted.values()].filter((canary) => canary.kind === kind).map(({ label }) => label);
  }

  /** Labels of those of this kind that occur, as text, as hex, or, for an id, as its sixteen bytes. */
  found(kind: CanaryKind, haystacks: Iterable<{ where: string; bytes: Buffer }>): string[] {
    const hits = new Set<string>();
    const wanted = [...this.planted.values()].filter((canary) => canary.kind === kind);
    for (const { where, bytes } of haystacks)
      for (const { label, forms } of wanted)
        if (forms.some((form) => bytes.includes(form)))
          hits.add(kind === 'allowed' || kind === 'content' ? label : `${label} in ${where}`);
    return [...hits].sort();
  }
}

export interface Haystack {
  where: string;
  bytes: Buffer;
}

/** Every object as it lies there, with its name. */
export async function rawObjects(bucket: Bucket): Promise<Haystack[]> {
  const found: Haystack[] = [];
  for await (const { key } of bucket.list('')) {
    found.push({ where: `the name ${key}`, bytes: Buffer.from(key) });
    found.push({ where: key, bytes: await bucket.get(key) });
  }
  return found;
}

/**
 * The lines of a part of which no manifest is at hand, as far as a key opens it. What only a manifest knows of a part is
 * not asked; one that was left behind has none.
 */
async function* linesOfPart(
  bucket: Bucket,
  tenant: string,
  key: string,
  identity: readonly string[],
): AsyncIterable<Buffer> {
  const [, generation, n, part] = /^d\/(\d+)\/(\d+)-(\d+)/.exec(key) ?? [];
  if (part === undefined) return;
  const source = await bucket.get(key);
  const sha256 = createHash('sha256').update(source).digest('hex');
  try {
    yield* readPart({
      ...{
        identity,
        source,
        context: { tenant, generation: Number(generation), n: Number(n), part: Number(part) },
      },
      expect: { name: key, bytes: source.length, sha256, rows: 0, plainBytes: Number.MAX_SAFE_INTEGER },
    });
  } catch (error) {
    // its true length is unknown here, so the end is always a disappointment
    if (!(error instanceof FormatError)) throw error;
  }
}

/** Data keys of files, by object, from every part in the bucket that these identities open. */
export async function fileKeysIn(
  bucket: Bucket,
  tenant: string,
  identities: readonly string[],
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { key } of bucket.list(partPrefix()))
    for await (const line of linesOfPart(bucket, tenant, key, identities)) {
      const parsed = parseLine(line);
      if (parsed.kind === 'key') found.set(parsed.name, parsed.key);
    }
  return found;
}

/** Every file of an attachment that can be opened with the replica's keys, whether or not a row shows it. */
export async function openedFiles(
  bucket: Bucket,
  tenant: string,
  identities: readonly string[],
): Promise<Haystack[]> {
  const found: Haystack[] = [];
  const keys = await fileKeysIn(bucket, tenant, identities);
  for await (const { key } of bucket.list(blobPrefix)) {
    const dataKey = keys.get(key) ?? null;
    if (dataKey === null) continue;
    const object = await bucket.get(key);
    const file = await openBlob({
      ...{ context: { tenant, name: key }, identities, dataKey },
      expect: { bytes: object.length, sha256: createHash('sha256').update(object).digest('hex') },
      fetch: ({ start, end }) =>
        Promise.resolve(Readable.from([object.subarray(start, end + 1)], { objectMode: false })),
    });
    found.push({ where: `the file in ${key}`, bytes: await buffer(file.read()) });
  }
  return found;
}

/**
 * Every sealed object, opened with the replica's key. Fails where something is in the bucket that is neither a part that
 * a manifest names, nor a file, nor one of the plain objects, which {@link rawObjects} has whole.
 */
export async function openedObjects(
  bucket: Bucket,
  trust: TrustChain,
  identity: readonly string[],
): Promise<Haystack[]> {
  const found = await openedFiles(bucket, trust.current.tenant, identity);
  const closed = new Set<string>();
  for await (const { key } of bucket.list('')) if (!PLAIN.test(key)) closed.add(key);
  for (const { where } of found) closed.delete(where.slice('the file in '.length));
  for await (const { key } of bucket.list(manifestPrefix())) {
    const { tenant, generation, n, parts } = verifyManifest(await bucket.get(key), trust, {
      tenant: trust.current.tenant,
    });
    for (const [part, expect] of parts.entries()) {
      const lines: Buffer[] = [];
      const source = await bucket.stream(expect.name);
      for await (const line of readPart({
        context: { tenant, generation, n, part },
        identity,
        source,
        expect,
      }))
        lines.push(line);
      found.push({ where: `the lines of ${expect.name}`, bytes: Buffer.concat(lines) });
      closed.delete(expect.name);
    }
  }
  if (closed.size > 0) throw new Error(`nothing says what this is: ${[...closed].join(', ')}`);
  return found;
}

/** Every row of every table, the system's own and its statistics included, as text. */
export async function databaseText(admin: pg.Pool): Promise<Haystack[]> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%' ORDER BY 1`,
  );
  const found: Haystack[] = [];
  for (const { name } of tables) {
    const { rows } = await admin.query<{ text: string | null }>(
      `SELECT string_agg(t::text, E'\\n') AS text FROM ${name} t`,
    );
    if (rows[0]?.text) found.push({ where: name, bytes: Buffer.from(rows[0].text) });
  }
  return found;
}

/** The database's files, with what deleted rows leave in them; null where they lie on another machine. */
export async function databaseFiles(admin: pg.Pool): Promise<Haystack[] | null> {
  await admin.query('CHECKPOINT');
  const { rows } = await admin.query<{ folder: string }>(
    `SELECT current_setting('data_directory') || '/base/' || oid AS folder FROM pg_database
     WHERE datname = current_database()`,
  );
  const folder = rows[0]?.folder ?? '';
  const names = await readdir(folder).catch(() => null);
  if (names === null) return null;
  return Promise.all(
    names.map(async (name) => ({ where: `the file ${name}`, bytes: await readFile(join(folder, name)) })),
  );
}
