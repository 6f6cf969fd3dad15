import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import {
  CHUNK_BYTES,
  digestOf,
  expectHeader,
  FormatError,
  LIMITS,
  MultisetHash,
  parseLine,
  readPart,
  rowDigest,
  TrustChain,
  verifyBeat,
  verifyManifest,
} from '../../../src/replication/format/index.js';

const tenant = 'example';

async function exampleBlocks(): Promise<(name: string) => string> {
  const text = await readFile('docs/replica-format.md', 'utf8');
  const blocks = new Map<string, string>();
  const section = text.split('<!-- example begins -->')[1] ?? '';
  for (const [, name, body] of section.matchAll(/`([^`\n]+)`\n\n```text\n([^`]+)\n```/g)) {
    blocks.set(name ?? '', (body ?? '').replaceAll('\n', ''));
  }
  return (name) => {
    const found = blocks.get(name);
    if (found === undefined) throw new FormatError('format.malformed', `the document has no example ${name}`);
    return found;
  };
}

describe('docs/replica-format.md', () => {
  it('has an example that the reader accepts, from the root to the checksum', async () => {
    const block = await exampleBlocks();
    const trust = TrustChain.pin(Buffer.from(block('root/00000001.json')), { tenant });
    const beat = verifyBeat(Buffer.from(block('beat.json')), trust, { tenant });
    const manifestBytes = Buffer.from(block('m/00000001/0000000001.json'));
    expect(digestOf(manifestBytes)).toBe(beat.manifest);
    const manifest = verifyManifest(manifestBytes, trust, { tenant });
    const [part] = manifest.parts;
    if (part === undefined) throw new FormatError('format.malformed', 'no part');
    const source = Buffer.from(block(`${part.name} (hex)`), 'hex');
    const context = { tenant, generation: 1, n: 1, part: 0 };
    const lines: Buffer[] = [];
    for await (const line of readPart({ context, identity: block('identity'), source, expect: part }))
      lines.push(line);
    expect(lines.map(String)).toEqual([block('line 1'), block('line 2')]);
    const [first, second] = lines as [Buffer, Buffer];
    const parsed = parseLine(second);
    if (parsed.kind !== 'upsert') throw new FormatError('format.malformed', 'no row');
    const digest = rowDigest(Buffer.from(expectHeader(first).digestKey, 'hex'), parsed.type, parsed.row);
    expect(digest.toString('hex')).toBe(block('digest of the row'));
    const state = new MultisetHash();
    state.add(digest);
    expect(manifest.types).toEqual([
      { type: 'deal', upserts: 1, deletes: 0, count: 1, checksum: state.toHex() },
    ]);
    expect(parseLine(Buffer.from(block('a tombstone would read')))).toMatchObject({
      kind: 'delete',
      type: 'deal',
    });
  });

  it('states the limits and members that the program has', async () => {
    const text = (await readFile('docs/replica-format.md', 'utf8')).split('## 13.')[0] ?? '';
    expect(text).toContain(`"chunk":${String(CHUNK_BYTES)}`);
    const mebibytes = (bytes: number) => `${String(bytes / 1024 / 1024)} MiB`;
    expect(text).toMatch(new RegExp(`manifest object\\s+\\| ${mebibytes(LIMITS.maxManifestBytes)}`));
    expect(text).toMatch(new RegExp(`line without its newline\\s+\\| ${mebibytes(LIMITS.maxLineBytes)}`));
    expect(text).toMatch(
      new RegExp(`root, beat, ack, enrolment\\s+\\| ${mebibytes(LIMITS.maxSmallObjectBytes)}`),
    );
    const block = await exampleBlocks();
    for (const name of ['root/00000001.json', 'beat.json', 'm/00000001/0000000001.json']) {
      const envelope = JSON.parse(block(name)) as { payload: string; payloadType: string };
      expect(text).toContain(envelope.payloadType);
      const payload = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as object;
      for (const member of Object.keys(payload)) expect(text).toMatch(new RegExp(`\\b${member}\\b`));
    }
  });
});
