// The connector's own reading and sealing of one type, chunk by chunk into the bucket, without its ledger: the part of
// a first snapshot that is about bytes.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import pg from 'pg';
import { product } from '../support/paths.mjs';

const { url, folder, bucketUrl, recipient } = JSON.parse(process.argv[2]);
const { copyChunk } = await product('connector/publish/snapshot-chunk.js');
const { idBefore, IdRanges } = await product('connector/publish/id-ranges.js');
const { writePart } = await product('src/replication/format/index.js');
const { openBucket } = await product('src/platform/bucket/index.js');

const options = '-c timezone=UTC -c datestyle=ISO -c extra_float_digits=1 -c statement_timeout=0';
const reader = new pg.Client({ connectionString: url, options });
await reader.connect();
await mkdir(folder, { recursive: true });
const bucket = openBucket(bucketUrl);
const noLedger = { query: () => new Writable({ write: (_chunk, _encoding, done) => done() }) };
const digestKey = Buffer.alloc(32, 7);
const sealed = [];

const startedAt = performance.now();
await reader.query('BEGIN');
const { rows: extents } = await reader.query(
  'SELECT min(id::text COLLATE "C") AS first, max(id::text COLLATE "C") AS last, count(*)::int AS count FROM cloud.contact',
);
const maxRows = 50_000;
const ranges = new IdRanges(extents[0], maxRows);
let after = idBefore(extents[0].first);
let uploading = Promise.resolve();
for (let part = 0; !ranges.isBeyond(after); part++) {
  const upTo = ranges.endAfter(after);
  const path = join(folder, `part-${part}`);
  const context = { tenant: 'bench', generation: 1, n: 1, part };
  const openPart = () => Promise.resolve(writePart({ context, recipients: [recipient], path }));
  const chunk = await copyChunk(reader, noLedger, {
    type: 'contact',
    after,
    upTo,
    maxRows,
    digestKey,
    openPart,
  });
  const reached = chunk?.count === maxRows ? chunk.lastId : upTo;
  ranges.learn(after, reached, chunk?.count ?? 0);
  after = reached;
  if (chunk === null) continue;
  await uploading;
  uploading = bucket.putFile(chunk.entry.name, path);
  sealed.push(chunk.entry.name);
}
await uploading;
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6, parts: sealed.length, peak: process.resourceUsage().maxRSS * 1024 })}\n`,
);
await bucket.remove(sealed);
await bucket.close();
await reader.end();
