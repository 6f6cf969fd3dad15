import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bareBlobBytes, encodeBlobHeader, sealedBlobBytes } from './blob-header.js';
import { openBlob, type OpenBlob, type OpenBlobOptions } from './blob-reader.js';
import { planBlob, sealBlob, type BlobPlan } from './blob-writer.js';
import { generateRecipient, wrapKey } from './key-wrap.js';
import { CHUNK_BYTES } from './limits.js';
import { readSealedHeader } from './sealed-header.js';

const context = { tenant: 'acme', name: 'b/1/aa-bb' };
let identity: string;
let recipient: string;
/** of the object that was sealed last */
let dataKey: Buffer;

beforeAll(async () => {
  ({ identity, recipient } = await generateRecipient());
});

async function* pieces(content: Buffer, size: number): AsyncIterable<Buffer> {
  for (let at = 0; at < content.length; at += size)
    yield await Promise.resolve(content.subarray(at, at + size));
}

async function gather(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const piece of source) found.push(Buffer.from(piece));
  return Buffer.concat(found);
}

async function seal(content: Buffer, pieceBytes = 100_000): Promise<{ plan: BlobPlan; object: Buffer }> {
  const plan = planBlob(context, content.length);
  ({ dataKey } = plan);
  return { plan, object: await gather(sealBlob(plan, pieces(content, pieceBytes))) };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** @param stored what the bucket holds, where it is not what was signed */
function open(object: Buffer, stored = object, more: Partial<OpenBlobOptions> = {}): Promise<OpenBlob> {
  return openBlob({
    context,
    dataKey,
    identities: [],
    expect: { bytes: object.length, sha256: sha256(object) },
    fetch: ({ start, end }) => Promise.resolve(Readable.from([stored.subarray(start, end + 1)])),
    ...more,
  });
}

const failing = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('a sealed attachment', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 77])(
    'gives back a file of %d bytes and has the length that its plan tells',
    async (bytes) => {
      const content = randomBytes(bytes);
      const { plan, object } = await seal(content);
      expect(object.length).toBe(sealedBlobBytes(plan.header.length, bytes));
      const blob = await open(object);
      expect(blob.plainBytes).toBe(bytes);
      expect((await gather(blob.read())).equals(content)).toBe(true);
    },
  );

  it('comes out the same to the byte when the same plan seals the same file again, however it is cut', async () => {
    const content = randomBytes(2 * CHUNK_BYTES + 5);
    const { plan, object } = await seal(content, 7);
    expect((await gather(sealBlob(plan, pieces(content, 1_000_000)))).equals(object)).toBe(true);
    expect((await seal(content)).object.equals(object)).toBe(false);
  });

  it('gives any range and fetches no more than the chunks it touches', async () => {
    const content = randomBytes(3 * CHUNK_BYTES + 100);
    const { object } = await seal(content);
    const ranges = [
      [0, 0],
      [5, 10],
      [CHUNK_BYTES - 1, CHUNK_BYTES],
      [CHUNK_BYTES, 2 * CHUNK_BYTES - 1],
      [3 * CHUNK_BYTES + 99, 3 * CHUNK_BYTES + 99],
      [1, 10 * CHUNK_BYTES],
    ];
    let fetched = 0;
    const fetch: OpenBlobOptions['fetch'] = ({ start, end }) => {
      fetched += end - start + 1;
      return Promise.resolve(Readable.from([object.subarray(start, end + 1)]));
    };
    for (const [start = 0, end = 0] of ranges) {
      const blob = await open(object, object, { fetch });
      fetched = 0;
      expect((await gather(blob.read({ start, end }))).equals(content.subarray(start, end + 1))).toBe(true);
      const chunks =
        Math.floor(Math.min(end, content.length - 1) / CHUNK_BYTES) - Math.floor(start / CHUNK_BYTES) + 1;
      expect(fetched).toBeLessThanOrEqual(chunks * (CHUNK_BYTES + 16));
    }
    expect(
      await gather((await open(object)).read({ start: content.length, end: content.length })),
    ).toHaveLength(0);
  });

  it('hands out nothing of a chunk that was changed, whole or by range', async () => {
    const content = randomBytes(2 * CHUNK_BYTES + 100);
    const { plan, object } = await seal(content);
    const second = plan.header.length + CHUNK_BYTES + 16 + 50;
    const changed = Buffer.from(object);
    changed.writeUInt8(changed.readUInt8(second) ^ 1, second);
    for (const range of [undefined, { start: 0, end: content.length }]) {
      const got: Buffer[] = [];
      const reading = (async () => {
        for await (const piece of (await open(object, changed)).read(range)) got.push(piece);
      })();
      expect(await failing(reading)).toBe('format.not_authentic');
      expect(Buffer.concat(got).equals(content.subarray(0, CHUNK_BYTES))).toBe(true);
    }
  });

  it('refuses an object that was cut off at a chunk, grew, or had chunks exchanged', async () => {
    const content = randomBytes(3 * CHUNK_BYTES);
    const { plan, object } = await seal(content);
    const sealedChunk = CHUNK_BYTES + 16;
    const at = (index: number) =>
      object.subarray(plan.header.length + index * sealedChunk).subarray(0, sealedChunk);
    const cut = object.subarray(0, plan.header.length + 2 * sealedChunk);
    expect(await failing(gather((await open(object, cut)).read()))).toBe('format.truncated');
    const grown = Buffer.concat([object, Buffer.alloc(1)]);
    const fetch: OpenBlobOptions['fetch'] = ({ start }) =>
      Promise.resolve(Readable.from([grown.subarray(start)]));
    expect(await failing(gather((await open(object, grown, { fetch })).read()))).toBe('format.malformed');
    const swapped = Buffer.concat([plan.header, at(1), at(0), at(2)]);
    expect(await failing(gather((await open(object, swapped)).read()))).toBe('format.not_authentic');
    // the length too is told by a signed row; one that lies about it does not fit the header
    expect(await failing(open(object, cut, { expect: { bytes: cut.length, sha256: sha256(cut) } }))).toBe(
      'format.malformed',
    );
  });

  it('keeps the last chunk back until the whole object has the signed digest', async () => {
    const content = randomBytes(CHUNK_BYTES + 10);
    const { object } = await seal(content);
    const blob = await open(object, object, { expect: { bytes: object.length, sha256: '0'.repeat(64) } });
    const got: Buffer[] = [];
    const reading = (async () => {
      for await (const piece of blob.read()) got.push(piece);
    })();
    expect(await failing(reading)).toBe('format.digest_mismatch');
    expect(Buffer.concat(got)).toHaveLength(CHUNK_BYTES);
  });

  it('opens under its own name and tenant only, and with its key only, which it does not have itself', async () => {
    const { object } = await seal(randomBytes(10));
    const expected = [
      [{ context: { ...context, name: 'b/1/aa-cc' } }, 'format.out_of_place'],
      [{ context: { ...context, tenant: 'other' } }, 'format.other_tenant'],
      [{ dataKey: null, identities: [identity] }, 'format.key_missing'],
    ] as const;
    for (const [more, code] of expected) expect(await failing(open(object, object, more))).toBe(code);
    const wrong = await open(object, object, { dataKey: randomBytes(32) });
    expect(await failing(gather(wrong.read()))).toBe('format.not_authentic');
  });

  it('of the time when the header had the key opens with an identity, and is longer than one without', async () => {
    const content = randomBytes(CHUNK_BYTES + 3);
    const key = randomBytes(32);
    const header = encodeBlobHeader(context, content.length, await wrapKey(key, [recipient]));
    const plan = { dataKey: key, header, plainBytes: content.length };
    const object = await gather(sealBlob(plan, pieces(content, 1000)));
    const blob = await open(object, object, { dataKey: null, identities: [identity] });
    expect((await gather(blob.read())).equals(content)).toBe(true);
    const stranger = await generateRecipient();
    const refused = open(object, object, { dataKey: randomBytes(32), identities: [stranger.identity] });
    expect(await failing(refused)).toBe('format.not_a_recipient');
    expect(bareBlobBytes(context, content.length)).toBeLessThan(object.length - 100);
    expect(bareBlobBytes(context, content.length)).toBe((await seal(content)).object.length);
  });

  it('says of itself in clear where it belongs and how long it is', async () => {
    const { object } = await seal(randomBytes(100));
    expect(await readSealedHeader(Readable.from([object]))).toEqual({
      ...{ kind: 'blob', tenant: context.tenant, name: context.name, objectBytes: object.length },
    });
  });

  it('is not sealed from a file of another length than planned', async () => {
    const plan = planBlob(context, 100);
    expect(await failing(gather(sealBlob(plan, pieces(randomBytes(99), 50))))).toBe('format.truncated');
    expect(await failing(gather(sealBlob(plan, pieces(randomBytes(101), 50))))).toBe('format.malformed');
  });
});
