// What every kind of bucket keeps. Uploads in parts and ranges: multipart.spec.ts.
import { createHash, randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { bucketKinds, keysOf, randomBody, readAll } from './bucket-kinds.js';

const BIG_BYTES = 96 * 1024 * 1024;
/** of the test's process, beside what it holds anyway */
const MEMORY_BYTES = 64 * 1024 * 1024;

describe.each(bucketKinds)('a bucket in $name', (kind) => {
  let bucket: Bucket;
  beforeEach(async () => {
    bucket = await kind.open();
  });
  afterEach(() => bucket.close());

  it('stores, replaces, describes, streams and removes objects', async () => {
    expect(await bucket.head('a/b.json')).toBeNull();
    expect(await bucket.put('a/b.json', Buffer.from('one'))).toEqual({ created: true });
    expect(await bucket.put('a/b.json', Buffer.from('two!'))).toEqual({ created: true });
    expect((await bucket.get('a/b.json')).toString()).toBe('two!');
    const info = await bucket.head('a/b.json');
    expect(info).toMatchObject({ key: 'a/b.json', size: 4 });
    expect(Math.abs(Date.now() - (info?.lastModified.getTime() ?? 0))).toBeLessThan(60_000);
    expect((await readAll(await bucket.stream('a/b.json'))).toString()).toBe('two!');
    await bucket.put('empty', Buffer.alloc(0));
    expect(await bucket.get('empty')).toEqual(Buffer.alloc(0));
    await bucket.remove(['a/b.json', 'empty', 'a/never-was']);
    await bucket.remove([]);
    expect(await bucket.head('a/b.json')).toBeNull();
    for (const read of [() => bucket.get('a/b.json'), () => bucket.stream('a/b.json')])
      await expect(read()).rejects.toMatchObject({ code: 'bucket.object_not_found', key: 'a/b.json' });
  });

  it('keeps the first of two under one key where that is asked for', async () => {
    expect(await bucket.put('m/1', Buffer.from('first'), { ifNoneMatch: true })).toEqual({ created: true });
    expect(await bucket.put('m/1', Buffer.from('late'), { ifNoneMatch: true })).toEqual({ created: false });
    expect((await bucket.get('m/1')).toString()).toBe('first');
  });

  it('has exactly one winner in a race of 32, and leaves nothing of its own probe', async () => {
    const bodies = Array.from({ length: 32 }, (_, index) => Buffer.from(`writer ${index}`));
    const results = await Promise.all(bodies.map((body) => bucket.put('m/2', body, { ifNoneMatch: true })));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await bucket.get('m/2')).toEqual(bodies[results.findIndex(({ created }) => created)]);
    expect(await bucket.probe()).toEqual({ conditionalPut: true, consistentList: true });
    expect(await keysOf(bucket, '')).toEqual(['m/2']);
  });

  it('takes every character that a key may have, and lists in byte order by prefix and after a key', async () => {
    const all = [
      'A.b_c-d',
      'Z',
      '_x',
      'a-b',
      'a.b',
      'a/b-c',
      'a/b.c',
      'a/b/c',
      'a0',
      'a_',
      'b/1',
      'b/10',
      'b/2',
    ];
    const keys = [...all, `deep/${'x'.repeat(200)}/${'y'.repeat(200)}`, 'dots/a..b', 'ends.', 'ends-'];
    for (const key of keys) await bucket.put(key, Buffer.from(key));
    const sorted = [...keys].sort();
    expect(await keysOf(bucket, '')).toEqual(sorted);
    for (const key of keys) expect((await bucket.get(key)).toString()).toBe(key);
    expect(await keysOf(bucket, 'a/')).toEqual(['a/b-c', 'a/b.c', 'a/b/c']);
    expect(await keysOf(bucket, 'b/1')).toEqual(['b/1', 'b/10']);
    expect(await keysOf(bucket, 'b/', 'b/1')).toEqual(['b/10', 'b/2']);
    expect(await keysOf(bucket, '', 'a/b/c')).toEqual(sorted.slice(sorted.indexOf('a/b/c') + 1));
    expect(await keysOf(bucket, 'nothing/')).toEqual([]);
  });

  it('refuses keys that are not safe everywhere', async () => {
    for (const key of [
      '',
      '/a',
      '../a',
      'a//b',
      'a/',
      '.a',
      'a b',
      'a\\b',
      'é',
      'a'.repeat(600),
      'a?b',
      'a%2Fb',
    ])
      await expect((async () => bucket.put(key, Buffer.from('x')))()).rejects.toMatchObject({
        code: 'bucket.unsafe_key',
      });
    expect(await keysOf(bucket, '')).toEqual([]);
  });

  it('lists and removes thousands of keys, page after page', async () => {
    const keys = Array.from({ length: 2_050 }, (_, index) => `d/00000001/${String(index).padStart(10, '0')}`);
    await inParallel(24, keys, (key) => bucket.put(key, Buffer.from(key)));
    expect(await keysOf(bucket, 'd/')).toEqual(keys);
    expect(await keysOf(bucket, 'd/', keys[1_999])).toEqual(keys.slice(2_000));
    await bucket.remove(keys.slice(0, 2_030));
    expect(await keysOf(bucket, 'd/')).toEqual(keys.slice(2_030));
  });

  it('carries a large file both ways in flat memory', async () => {
    const path = join(await makeTempFolder('big'), 'file');
    const sent = await writeRandomFile(path);
    const { result, grownBytes } = await memoryDuring(async () => {
      await bucket.putFile('big', path);
      const received = createHash('sha256');
      for await (const chunk of await bucket.stream('big')) received.update(chunk as Buffer);
      return received.digest('hex');
    });
    await rm(path);
    expect(result).toBe(sent);
    expect(await bucket.head('big')).toMatchObject({ size: BIG_BYTES });
    await expect(bucket.get('big')).rejects.toMatchObject({ code: 'bucket.object_too_large' });
    expect(grownBytes).toBeLessThan(MEMORY_BYTES);
  });

  it('gives an object of exactly the size asked for', async () => {
    const body = randomBody(100);
    await bucket.put('x', body);
    expect(await bucket.get('x', { maxBytes: 100 })).toEqual(body);
    await expect(bucket.get('x', { maxBytes: 99 })).rejects.toMatchObject({
      code: 'bucket.object_too_large',
    });
  });
});

async function inParallel<T>(width: number, items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

async function writeRandomFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const block = 1024 * 1024;
  const file = await open(path, 'wx');
  for (let written = 0; written < BIG_BYTES; written += block) {
    const bytes = randomBytes(block);
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  return hash.digest('hex');
}

/** How far the process's memory rose above where it stood. */
async function memoryDuring<T>(work: () => Promise<T>): Promise<{ result: T; grownBytes: number }> {
  const before = process.memoryUsage().rss;
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 20);
  try {
    return { result: await work(), grownBytes: highest - before };
  } finally {
    clearInterval(timer);
  }
}
