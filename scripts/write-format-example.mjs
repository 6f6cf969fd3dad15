// Writes a fresh worked example between the markers of docs/replica-format.md; the test format-document.spec.ts opens
// it with the real reader. Run after a change of the format: npm run build && node scripts/write-format-example.mjs
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createManifest,
  deleteLine,
  digestOf,
  generateRecipient,
  generateSigningKey,
  headerLine,
  MultisetHash,
  rowDigest,
  signBeat,
  signerFrom,
  signManifest,
  signRoot,
  upsertLine,
  writePart,
} from '../dist/src/replication/format/index.js';

const document = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'replica-format.md');
const at = '2026-11-22T08:30:00.000Z';
const tenant = 'example';
const [root, connector, replica] = [1, 2, 3].map(() => signerFrom(generateSigningKey()));
const { identity, recipient } = await generateRecipient();
const key = createHash('sha256').update('example digest key').digest();
const row = '{"id":"0199a1b2-0000-7000-8000-000000000001","name":"Smörgås \\"Ltd\\"","amount":1054.0000}';
const columns = [
  { name: 'id', type: 'uuid' },
  { name: 'name', type: 'text' },
  { name: 'amount', type: 'numeric(20,4)' },
];
const lines = [
  headerLine({ digestKey: key.toString('hex'), policyVersion: 1, types: [{ type: 'deal', columns }] }),
  upsertLine('deal', row),
];
const digest = rowDigest(key, 'deal', row);
const state = new MultisetHash();
state.add(digest);

const rootBytes = signRoot(
  {
    ...{ format: 'holdfast-root/1', tenant, version: 1, createdAt: at },
    ...{
      rootKeys: { threshold: 1, keys: [root.publicKey] },
      manifestKeys: [connector.publicKey],
      auditKeys: [],
    },
    ...{ inboxRecipient: null, replicas: [{ name: 'london', key: replica.publicKey, recipient }] },
  },
  [root],
);
const folder = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const path = join(folder, 'part');
const writer = writePart({
  context: { tenant, generation: 1, n: 1, part: 0 },
  recipients: [recipient],
  path,
});
for (const line of lines) await writer.line(line);
const part = await writer.finish();
const partBytes = await readFile(path);
await rm(folder, { recursive: true });
const manifestBytes = signManifest(
  createManifest({
    ...{
      tenant,
      root: 1,
      generation: 1,
      n: 1,
      kind: 'snapshot',
      nonce: '000102030405060708090a0b0c0d0e0f',
      previous: null,
    },
    ...{
      epoch: 1,
      policy: { version: 1, hash: createHash('sha256').update('policy').digest('hex') },
      asOf: at,
      createdAt: at,
    },
    ...{ recipients: [recipient], parts: [part] },
    types: [{ type: 'deal', upserts: 1, deletes: 0, count: 1, checksum: state.toHex() }],
  }),
  connector,
);
const beatBytes = signBeat(
  {
    ...{
      format: 'holdfast-beat/1',
      tenant,
      root: 1,
      generation: 1,
      n: 1,
      manifest: digestOf(manifestBytes),
      epoch: 1,
    },
    ...{ asOf: at, createdAt: at, expires: '2026-11-22T08:31:00.000Z' },
  },
  connector,
);

const wrap = (text) => text.replace(/(.{100})(?=.)/g, '$1\n');
const block = (name, text) => `\`${name}\`\n\n\`\`\`text\n${wrap(text)}\n\`\`\`\n`;
const utf8 = (bytes) => bytes.toString('utf8');
const example = [
  'The keys were made for this page and are worth nothing. Long values are broken into lines of 100 characters; join them.\n',
  block('identity', identity),
  block('root/00000001.json', utf8(rootBytes)),
  block('beat.json', utf8(beatBytes)),
  block('m/00000001/0000000001.json', utf8(manifestBytes)),
  block(`${part.name} (hex)`, partBytes.toString('hex')),
  block('line 1', lines[0]),
  block('line 2', lines[1]),
  block('digest of the row', digest.toString('hex')),
  block('a tombstone would read', deleteLine('deal', '0199a1b2-0000-7000-8000-000000000001')),
].join('\n');

const [before, , after] = (await readFile(document, 'utf8')).split(/<!-- example (?:begins|ends) -->\n/);
await writeFile(document, `${before}<!-- example begins -->\n${example}<!-- example ends -->\n${after}`);
