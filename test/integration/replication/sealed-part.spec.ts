import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  generateRecipient,
  readPart,
  writePart,
  type ObjectContext,
  type PartEntry,
} from '../../../src/replication/format/index.js';

const context: ObjectContext = { tenant: 'acme', generation: 2, n: 5, part: 0 };
let folder: string;
let keys: { identity: string; recipient: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-part-'));
  keys = await generateRecipient();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function seal(
  lines: string[],
  recipients = [keys.recipient],
): Promise<{ entry: PartEntry; bytes: Buffer }> {
  const path = join(folder, randomBytes(8).toString('hex'));
  const writer = writePart({ context, recipients, path });
  for (const line of lines) await writer.line(line);
  const entry = await writer.finish();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  return { entry, bytes: await readFile(path) };
}

async function open(
  bytes: Buffer,
  expect: PartEntry,
  more: { context?: ObjectContext; identity?: string } = {},
) {
  const lines: string[] = [];
  const options = { context, identity: keys.identity, source: bytes, expect, ...more };
  for await (const line of readPart(options)) lines.push(line.toString('utf8'));
  return lines;
}

const small = ['["h",{}]', '["u","deal",{"name":"Ünïcode"}]', '["d","deal","x"]'];
/** does not compress, so it spans many chunks */
const large = () =>
  Array.from({ length: 3000 }, () => `["u","deal",{"blob":"${randomBytes(400).toString('base64')}"}]`);

describe('a sealed part', () => {
  it('gives back its lines', async () => {
    const { entry, bytes } = await seal(small);
    expect(entry).toMatchObject({ name: 'd/00000002/0000000005-00000', bytes: bytes.length, rows: 3 });
    expect(await open(bytes, entry)).toEqual(small);
  });

  it('gives back lines over many chunks, and one longer than a chunk', async () => {
    const lines = [...large(), 'x'.repeat(3_000_000), 'last'];
    const { entry, bytes } = await seal(lines);
    expect(bytes.length).toBeGreaterThan(1_000_000);
    expect(await open(bytes, entry)).toEqual(lines);
  });

  it('opens for every recipient and for nobody else', async () => {
    const [second, outsider] = [await generateRecipient(), await generateRecipient()];
    const { entry, bytes } = await seal(small, [keys.recipient, second.recipient]);
    expect(await open(bytes, entry, { identity: second.identity })).toEqual(small);
    await expect(open(bytes, entry, { identity: outsider.identity })).rejects.toMatchObject({
      code: 'format.not_a_recipient',
    });
  });

  it('notices every single flipped bit, also where the manifest would not know the digest', async () => {
    const { entry, bytes } = await seal(small);
    const survivors: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      const forged = { ...entry, sha256: createHash('sha256').update(changed).digest('hex') };
      await open(changed, forged).then(
        () => survivors.push(bit),
        (error: unknown) => {
          expect(error).toMatchObject({ name: 'FormatError' });
        },
      );
    }
    expect(survivors).toEqual([]);
  });

  it('is refused when cut off anywhere, or longer', async () => {
    const { entry, bytes } = await seal(small);
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length);
      await expect(open(cut, entry)).rejects.toMatchObject({ name: 'FormatError' });
      await expect(open(cut, { ...entry, bytes: length })).rejects.toMatchObject({ name: 'FormatError' });
    }
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    await expect(open(longer, entry)).rejects.toMatchObject({ code: 'format.malformed' });
    await expect(open(longer, { ...entry, bytes: longer.length })).rejects.toMatchObject({
      name: 'FormatError',
    });
  });

  it('is refused with chunks swapped, repeated or left out', async () => {
    const { entry, bytes } = await seal(large());
    const start = 12 + bytes.readUInt32BE(8);
    const size = 256 * 1024 + 16;
    const chunk = (index: number) => bytes.subarray(start + index * size, start + (index + 1) * size);
    const [header, rest] = [bytes.subarray(0, start), bytes.subarray(start + 2 * size)];
    const forgeries = [
      [header, chunk(1), chunk(0), rest],
      [header, chunk(0), chunk(0), rest],
      [header, chunk(0), rest],
      [header, chunk(0), chunk(1)],
    ];
    for (const pieces of forgeries) {
      const forged = Buffer.concat(pieces);
      await expect(open(forged, { ...entry, bytes: forged.length })).rejects.toMatchObject({
        code: 'format.not_authentic',
      });
    }
  });

  it.each([
    ['tenant', { ...context, tenant: 'other' }, 'format.other_tenant'],
    ['generation', { ...context, generation: 3 }, 'format.out_of_place'],
    ['n', { ...context, n: 6 }, 'format.out_of_place'],
    ['part', { ...context, part: 1 }, 'format.out_of_place'],
  ])('is refused in the place of another %s', async (_, wrong, code) => {
    const { entry, bytes } = await seal(small);
    await expect(open(bytes, entry, { context: wrong })).rejects.toMatchObject({ code });
  });

  it('is refused where it is not the object that the manifest lists, though authentic', async () => {
    const [one, other] = [await seal(small), await seal(small)];
    await expect(open(other.bytes, { ...one.entry, bytes: other.bytes.length })).rejects.toMatchObject({
      code: 'format.digest_mismatch',
    });
  });

  it('stops a part that grows past what the manifest says', async () => {
    const { entry, bytes } = await seal(Array.from({ length: 20_000 }, () => 'a'.repeat(1000)));
    expect(bytes.length).toBeLessThan(100_000);
    let received = 0;
    const read = async () => {
      const options = {
        context,
        identity: keys.identity,
        source: bytes,
        expect: { ...entry, plainBytes: 5000 },
      };
      for await (const line of readPart(options)) received += line.length;
    };
    await expect(read()).rejects.toThrow('longer than its manifest says');
    expect(received).toBeLessThanOrEqual(5000);
  });

  it('lets go of its source when it refuses, and when the caller stops early', async () => {
    const { entry, bytes } = await seal(large());
    const drain = async (wrong: ObjectContext, isStopping: boolean) => {
      const source = Readable.from([bytes.subarray(0, 400_000), bytes.subarray(400_000)], {
        objectMode: true,
      });
      try {
        for await (const line of readPart({
          context: wrong,
          identity: keys.identity,
          source,
          expect: entry,
        })) {
          if (isStopping && line.length > 0) break;
        }
      } catch (error) {
        expect(error).toMatchObject({ name: 'FormatError' });
      }
      return source;
    };
    for (const source of [await drain({ ...context, n: 9 }, false), await drain(context, true)]) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(source.destroyed).toBe(true);
    }
  });

  it('leaves no file and throws where nobody is to read it, and after being given up', async () => {
    const path = join(folder, 'abandoned');
    const writer = writePart({ context, recipients: [], path });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'format.key_missing' });
    const second = writePart({ context, recipients: [keys.recipient], path });
    await second.line('a');
    await second.abort();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
