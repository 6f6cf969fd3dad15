// How much of the bare speed of zstd + AES-256-GCM is left once rows are cut into lines, digested and sealed?
// Both sides see the same bytes in the same run. Usage: npm run build && node bench/seal-part.mjs [rows]
import { createCipheriv, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import {
  generateRecipient,
  MultisetHash,
  readPart,
  rowDigest,
  upsertLine,
  writePart,
} from '../dist/src/replication/format/index.js';

const rows = Number(process.argv[2] ?? 200_000);
const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
const { identity, recipient } = await generateRecipient();
const texts = Array.from({ length: rows }, (_, index) => rowText(index));
const lines = texts.map((text) => upsertLine('deal', text));
const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
const context = { tenant: 'bench', generation: 1, n: 1, part: 0 };

function rowText(index) {
  const id = `0199a1b2-${String(index).padStart(4, '0').slice(-4)}-7000-8000-${String(index).padStart(12, '0')}`;
  const at = new Date(1_700_000_000_000 + index * 977).toISOString();
  return JSON.stringify({
    ...{
      id,
      created_at: at,
      created_by: null,
      updated_at: at,
      updated_by: null,
      owner_id: id,
      version: index % 9,
    },
    ...{
      name: `Deal ${index} ${randomBytes(6).toString('hex')}`,
      stage: ['won', 'lost', 'engaging'][index % 3],
    },
    ...{
      amount: (index * 13.37).toFixed(4),
      amount_currency: 'USD',
      close_date: at.slice(0, 10),
      custom: {},
    },
  });
}

async function measure(name, work) {
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${name.padEnd(44)} ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s   ${seconds.toFixed(2)} s`,
  );
  return seconds;
}

async function bare() {
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 262_144 });
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
  const blocks = [];
  for (let from = 0; from < lines.length; from += 500)
    blocks.push(Buffer.from(`${lines.slice(from, from + 500).join('\n')}\n`));
  const target = createWriteStream(join(folder, `bare-${Math.random()}`), { flush: true });
  await measureInto(() => pipeline(Readable.from(blocks), zstd, cipher, target));
}
let bareSeconds = 0;
async function measureInto(work) {
  bareSeconds = await measure('bare zstd 1 + AES-256-GCM to a file', work);
}

let entry;
let path;
async function ours() {
  path = join(folder, `ours-${Math.random()}`);
  const writer = writePart({ context, recipients: [recipient], path });
  for (const line of lines) {
    const wait = writer.line(line);
    if (wait) await wait;
  }
  entry = await writer.finish();
}

console.log(
  `${rows} rows, ${(bytes / 1e6).toFixed(1)} MB; node ${process.version}; medians are not taken, run it twice`,
);
for (let round = 1; round <= 3; round += 1) {
  await bare();
  const seconds = await measure('writePart', ours);
  console.log(
    `${'  writePart keeps of the bare speed'.padEnd(44)} ${(bareSeconds / seconds).toFixed(2).padStart(6)}`,
  );
}
await measure('readPart', async () => {
  const { createReadStream } = await import('node:fs');
  let count = 0;
  for await (const line of readPart({ context, identity, source: createReadStream(path), expect: entry }))
    count += line.length > 0 ? 1 : 0;
  if (count !== rows) throw new Error('rows lost');
});
const key = randomBytes(32);
await measure('rowDigest + MultisetHash of every row', async () => {
  const hash = new MultisetHash();
  for (const text of texts) hash.add(rowDigest(key, 'deal', text));
});
await rm(folder, { recursive: true });
