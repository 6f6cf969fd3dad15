import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MIN_PART_BYTES, type Bucket, type PartTag } from '../../../src/platform/bucket/index.js';
import { bucketKinds, keysOf, randomBody, readAll } from './bucket-kinds.js';

const KEY = 'b/1/0123abcd-nonce';

describe.each(bucketKinds)('uploads in parts to $name', ({ open }) => {
  let bucket: Bucket;
  beforeEach(async () => {
    bucket = await open();
  });
  afterEach(() => bucket.close());

  async function uploads(prefix = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { uploadId } of bucket.listMultiparts(prefix)) found.push(uploadId);
    return found;
  }

  it('joins the parts in the order of their numbers, whatever order they came in', async () => {
    const [first, last] = [randomBody(MIN_PART_BYTES), randomBody(1234)];
    const uploadId = await bucket.createMultipart(KEY);
    const second = await bucket.uploadPart(KEY, uploadId, 2, last);
    const one = await bucket.uploadPart(KEY, uploadId, 1, first);
    expect(await bucket.head(KEY)).toBeNull();
    expect(await keysOf(bucket, '')).toEqual([]);
    const parts = [
      { partNumber: 1, ...one },
      { partNumber: 2, ...second },
    ];
    await bucket.completeMultipart(KEY, uploadId, parts);
    expect(await bucket.head(KEY)).toMatchObject({ size: first.length + last.length });
    expect((await readAll(await bucket.stream(KEY))).equals(Buffer.concat([first, last]))).toBe(true);
    expect(await uploads()).toEqual([]);
    expect(await bucket.listParts(KEY, uploadId)).toBeNull();
  });

  it('is gone on with from the parts that have arrived, a part sent again replacing the one before', async () => {
    const uploadId = await bucket.createMultipart(KEY);
    const [old, first, last] = [randomBody(MIN_PART_BYTES + 7), randomBody(MIN_PART_BYTES), randomBody(9)];
    await bucket.uploadPart(KEY, uploadId, 1, old);
    await bucket.uploadPart(KEY, uploadId, 1, first);
    expect(await bucket.listParts(KEY, uploadId)).toEqual([
      { partNumber: 1, bytes: first.length, etag: expect.any(String) },
    ]);
    await bucket.uploadPart(KEY, uploadId, 2, last);
    const parts: PartTag[] = (await bucket.listParts(KEY, uploadId)) ?? [];
    await bucket.completeMultipart(KEY, uploadId, parts);
    expect((await readAll(await bucket.stream(KEY))).equals(Buffer.concat([first, last]))).toBe(true);
  });

  it('lists what is under way, and forgets what is aborted', async () => {
    const [a, b] = [await bucket.createMultipart('b/1/a'), await bucket.createMultipart('b/1/b')];
    const other = await bucket.createMultipart('c/x');
    expect(await uploads('b/1/')).toEqual([a, b]);
    expect((await uploads()).sort()).toEqual([a, b, other].sort());
    await bucket.abortMultipart('b/1/a', a);
    await bucket.abortMultipart('b/1/a', a);
    expect(await uploads('b/')).toEqual([b]);
    expect(await bucket.listParts('b/1/a', a)).toBeNull();
    await expect(bucket.uploadPart('b/1/a', a, 1, Buffer.from('x'))).rejects.toMatchObject({
      code: 'bucket.upload_not_found',
    });
    await expect(bucket.completeMultipart('b/1/a', a, [{ partNumber: 1, etag: '0' }])).rejects.toMatchObject({
      code: 'bucket.upload_not_found',
    });
  });

  it('refuses parts that are missing, changed, too small, out of order or of no number', async () => {
    const uploadId = await bucket.createMultipart(KEY);
    const [one, two] = [
      { partNumber: 1, ...(await bucket.uploadPart(KEY, uploadId, 1, Buffer.from('small'))) },
      { partNumber: 2, ...(await bucket.uploadPart(KEY, uploadId, 2, Buffer.from('last'))) },
    ];
    const wrong: [PartTag[], string][] = [
      [[], 'bucket.part_invalid'],
      [[two, one], 'bucket.part_invalid'],
      [[{ ...two, partNumber: 3 }], 'bucket.part_invalid'],
      [[{ ...one, etag: two.etag }], 'bucket.part_invalid'],
      [[one, two], 'bucket.part_too_small'],
    ];
    for (const [parts, code] of wrong)
      await expect(bucket.completeMultipart(KEY, uploadId, parts)).rejects.toMatchObject({ code });
    for (const number of [0, 10_001, 1.5])
      await expect(bucket.uploadPart(KEY, uploadId, number, Buffer.from('x'))).rejects.toMatchObject({
        code: 'bucket.part_invalid',
      });
    expect(await bucket.head(KEY)).toBeNull();
  });

  it('is known under its own key only', async () => {
    const uploadId = await bucket.createMultipart(KEY);
    expect(await bucket.listParts('b/other', uploadId)).toBeNull();
    expect(await bucket.listParts(KEY, 'no-such-upload')).toBeNull();
    await expect(bucket.createMultipart('../x')).rejects.toMatchObject({ code: 'bucket.unsafe_key' });
  });
});

describe.each(bucketKinds)('ranges of an object in $name', ({ open }) => {
  it('are both ends included, cut at the last byte, and refused behind it', async () => {
    const bucket = await open();
    await bucket.put('x', Buffer.from('0123456789'));
    const text = async (range: object) => (await readAll(await bucket.stream('x', range))).toString();
    expect(await text({})).toBe('0123456789');
    expect(await text({ start: 3 })).toBe('3456789');
    expect(await text({ start: 3, end: 5 })).toBe('345');
    expect(await text({ end: 0 })).toBe('0');
    expect(await text({ start: 9, end: 100 })).toBe('9');
    await expect(bucket.stream('x', { start: 10 })).rejects.toMatchObject({ code: 'bucket.range_outside' });
    await bucket.close();
  });
});
