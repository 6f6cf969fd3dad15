// `holdfast cloud verify` over a bucket in a folder, against nothing but SHA-256 over the same files.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { product } from './support/paths.mjs';
import { inTurns, median } from './support/statistics.mjs';
import { withTempFolder } from './support/temp-folder.mjs';

export const bench = {
  name: 'verify',
  title: 'Verifying a bucket',
  summary:
    'every byte of a bucket against its signatures and digests, against plain SHA-256 of the same files',
  options: { megabytes: 512, batches: 200, rounds: 3 },
  run: (options) => withTempFolder((folder) => run(folder, options)),
};

const PART_BYTES = 64 * 1024 * 1024;
const ROW_BYTES = 1500;

async function run(folder, { megabytes, batches, rounds }) {
  const made = await makeBucket(folder, megabytes * 1e6, batches);
  const files = await filesOf(made.bucketFolder);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  await hashAll(files); // both sides find the files in memory
  const verifyWith = (identities) => verify(made, identities);
  const samples = await inTurns(rounds, {
    Holdfast: () => timed(() => verifyWith([])),
    peer: () => timed(() => hashAll(files)),
    opened: () => timed(() => verifyWith([made.identity])),
  });
  const mbs = (seconds) => bytes / 1e6 / median(seconds);
  const ratio = (side) => median(side.map((seconds, round) => samples.peer[round] / seconds));
  const peer = mbs(samples.peer);
  return {
    results: [
      {
        ...{ what: 'public root alone', unit: 'MB/s', ours: mbs(samples.Holdfast), peer },
        ...{ ratio: ratio(samples.Holdfast), aim: 0.8 },
      },
      {
        ...{ what: 'with an identity', unit: 'MB/s', ours: mbs(samples.opened), peer },
        ratio: ratio(samples.opened),
      },
    ],
    settings: `${files.length} objects, ${Math.round(bytes / 1e6)} MB, a snapshot and ${batches} batches, ${rounds} rounds in turns, medians`,
    notes: [
      'Public root alone: chain, signatures, every byte of every object. With an identity also decryption, decompression, the digest of every row and the sums.',
      'Peer: SHA-256 of node:crypto over the same files, one after the other, in the same process.',
    ],
  };
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.sort().map(async (path) => ({ path, size: (await stat(path)).size })));
}

async function hashAll(files) {
  for (const { path } of files) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) hash.update(chunk);
    hash.digest('hex');
  }
}

async function verify({ bucketFolder, root }, identities) {
  const [{ verifyBucket }, { openBucket }] = await Promise.all([
    product('src/replication/verify/index.js'),
    product('src/platform/bucket/index.js'),
  ]);
  const report = await verifyBucket({
    bucket: openBucket(pathToFileURL(bucketFolder).href),
    root,
    identities,
  });
  const { error, warning } = report.counts;
  if (error + warning > 0)
    throw new Error(`a sound bucket has findings: ${JSON.stringify(report.findings[0])}`);
}

/** A snapshot of rows that hardly compress, then batches of one row each, sealed and signed as a connector does. */
async function makeBucket(folder, bytes, batches) {
  const format = await product('src/replication/format/index.js');
  const keys = join(folder, 'keys');
  const folders = format.keyFolders(keys);
  const replica = new format.ReplicaKeyStore(folders.replica('bench'));
  const { enrolment } = await replica.enrol('bench', 'bench');
  const root = await format.createTenantKeys({ folder: keys, tenant: 'bench', replicas: [enrolment] });
  const signer = await new format.ConnectorKeyStore(folders.connector).signer();
  const maker = new BucketMaker(format, join(folder, 'bucket'), signer, enrolment.recipient);
  await maker.put(format.rootKey(1), root);
  await maker.batch(Math.ceil(bytes / ROW_BYTES));
  for (let n = 2; n <= batches + 1; n += 1) await maker.batch(1);
  await maker.beat();
  const [{ identity }] = await replica.recipients();
  return {
    bucketFolder: maker.folder,
    root: await readFile(join(maker.folder, format.rootKey(1))),
    identity,
  };
}

class BucketMaker {
  #n = 0;
  #rows = 0;
  #digestKey = randomBytes(32);
  #previous = null;

  constructor(format, folder, signer, recipient) {
    Object.assign(this, { format, folder, signer, recipient, sum: new format.MultisetHash() });
  }

  async put(key, bytes) {
    const path = join(this.folder, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }

  async batch(rows) {
    this.#n += 1;
    const parts = await this.#parts(rows);
    const at = new Date().toISOString();
    const { format, signer, recipient } = this;
    const count = this.#rows;
    const state = { type: 'deal', upserts: rows, deletes: 0, count, checksum: this.sum.toHex() };
    const manifest = format.createManifest({
      ...{ tenant: 'bench', root: 1, generation: 1, n: this.#n, kind: this.#n === 1 ? 'snapshot' : 'delta' },
      ...{ nonce: randomBytes(16).toString('hex'), previous: this.#previous, epoch: 1 },
      ...{ policy: { version: 1, hash: 'ab'.repeat(32) }, asOf: at, createdAt: at, recipients: [recipient] },
      ...{ parts, types: [state] },
    });
    const bytes = format.signManifest(manifest, signer);
    this.#previous = format.digestOf(bytes);
    await this.put(format.manifestKey(1, this.#n), bytes);
  }

  async #parts(rows) {
    const parts = [];
    let writer = await this.#open(0);
    await writer.line(this.#header());
    for (let left = rows; left > 0; left -= 1) {
      if (writer.size > PART_BYTES) {
        parts.push(await this.#close(writer, parts.length));
        writer = await this.#open(parts.length);
      }
      const wait = writer.line(this.format.upsertLine('deal', this.#row()));
      if (wait) await wait;
    }
    parts.push(await this.#close(writer, parts.length));
    return parts;
  }

  #header() {
    const columns = ['id', 'name'].map((name) => ({ name, type: name === 'id' ? 'uuid' : 'text' }));
    const digestKey = this.#digestKey.toString('hex');
    return this.format.headerLine({ digestKey, policyVersion: 1, types: [{ type: 'deal', columns }] });
  }

  #row() {
    this.#rows += 1;
    const id = `0199a1b2-0000-7000-8000-${String(this.#rows).padStart(12, '0')}`;
    const row = JSON.stringify({ id, name: randomBytes(1060).toString('base64') });
    this.sum.add(this.format.rowDigest(this.#digestKey, 'deal', row));
    return row;
  }

  async #open(part) {
    await mkdir(this.folder, { recursive: true });
    const context = { tenant: 'bench', generation: 1, n: this.#n, part };
    const path = join(this.folder, 'part');
    return this.format.writePart({ context, recipients: [this.recipient], path });
  }

  async #close(writer, part) {
    const entry = await writer.finish();
    const path = join(this.folder, this.format.partKey(1, this.#n, part));
    await mkdir(dirname(path), { recursive: true });
    await rename(join(this.folder, 'part'), path);
    return entry;
  }

  async beat() {
    const at = new Date().toISOString();
    const beat = {
      ...{ format: 'holdfast-beat/1', tenant: 'bench', root: 1, generation: 1, n: this.#n, epoch: 1 },
      ...{ manifest: this.#previous, asOf: at, createdAt: at, expires: at },
    };
    await this.put(this.format.beatKey, this.format.signBeat(beat, this.signer));
  }
}
