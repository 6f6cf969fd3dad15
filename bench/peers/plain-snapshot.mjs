// What one writes by hand to ship a table: COPY of its rows as JSON → zstd → AES-256-GCM → a file in the bucket; with
// `ledger` also a keyed digest of every row into a table like the ledger.
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const { url, folder, columns, ledger } = JSON.parse(process.argv[2]);
const options = '-c timezone=UTC -c statement_timeout=0';
const [reader, writer] = [
  new pg.Client({ connectionString: url, options }),
  new pg.Client({ connectionString: url, options }),
];
await Promise.all([reader.connect(), writer.connect()]);
await mkdir(folder, { recursive: true });
await writer.query('TRUNCATE bench.ledger');

const startedAt = performance.now();
const rows = `SELECT row_to_json(r) FROM (SELECT ${columns.map((name) => `"${name}"`).join(', ')} FROM crm.contact WHERE deleted_at IS NULL) r`;
const source = reader.query(copyTo(`COPY (${rows}) TO STDOUT`));
const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 262_144 });
const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
const file = join(folder, `peer-${Math.random()}`);
await writer.query('BEGIN');
const stages = [
  source,
  ...(ledger ? [digests()] : []),
  zstd,
  cipher,
  createWriteStream(file, { flush: true }),
];
await pipeline(stages);
await writer.query('COMMIT');
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage();
const facts = { seconds, cpuSeconds: (user + system) / 1e6, peak: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(facts)}\n`);
await rm(file);
await Promise.all([reader.end(), writer.end()]);

/** Passes the rows on and writes id and digest of each into the ledger. */
function digests() {
  const key = randomBytes(32);
  const target = writer.query(copyFrom('COPY bench.ledger (type, id, digest) FROM STDIN'));
  let rest = '';
  const note = (text) => {
    const lines = text.split('\n');
    rest = lines.pop();
    return target.write(lines.map(ledgerLine).join(''));
  };
  const ledgerLine = (line) => {
    const digest = createHmac('sha256', key).update('contact\0').update(line).digest('hex');
    return `contact\t${line.slice(7, 43)}\t\\\\x${digest}\n`;
  };
  return new Transform({
    transform(chunk, _encoding, next) {
      if (note(rest + chunk)) next(null, chunk);
      else target.once('drain', () => next(null, chunk));
    },
    flush(done) {
      target.end();
      finished(target).then(() => done(), done);
    },
  });
}
