import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';

let outside: string;
let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'holdfast-bucket-'));
  folder = join(outside, 'bucket');
  bucket = openBucket(pathToFileURL(folder).href);
});
afterEach(() => rm(outside, { recursive: true, force: true }));

async function keys(prefix: string, startAfter?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of bucket.list(prefix, startAfter === undefined ? {} : { startAfter }))
    found.push(key);
  return found;
}

describe('folder bucket', () => {
  it('stores, replaces, describes, streams and removes objects, leaving nothing beside them', async () => {
    expect(await bucket.head('a/b.json')).toBeNull();
    await bucket.put('a/b.json', Buffer.from('one'));
    await bucket.put('a/b.json', Buffer.from('two!'));
    expect((await bucket.get('a/b.json')).toString()).toBe('two!');
    expect(await bucket.head('a/b.json')).toMatchObject({ key: 'a/b.json', size: 4 });
    const file = join(outside, 'big');
    await writeFile(file, randomBytes(3_000_000));
    await bucket.putFile('a/big', file);
    const chunks: Buffer[] = [];
    for await (const chunk of await bucket.stream('a/big')) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toEqual(await readFile(file));
    await bucket.remove(['a/b.json', 'a/big', 'a/never-was']);
    await expect(bucket.get('a/b.json')).rejects.toMatchObject({ code: 'bucket.object_not_found' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('has exactly one winner among writers of the same key', async () => {
    const bodies = Array.from({ length: 64 }, (_, index) => Buffer.from(`writer ${String(index)}`));
    const results = await Promise.all(
      bodies.map((body) => bucket.put('m/1.json', body, { ifNoneMatch: true })),
    );
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await bucket.get('m/1.json')).toEqual(bodies[results.findIndex(({ created }) => created)]);
    expect(await bucket.probe()).toEqual({ conditionalPut: true, consistentList: true });
    expect(await readdir(folder)).toEqual(['m']);
  });

  it('shows an object whole or not at all while it is replaced', async () => {
    const bodies = [Buffer.alloc(400_000, 'a'), Buffer.alloc(300_000, 'b')];
    await bucket.put('x', bodies[0] ?? Buffer.alloc(0));
    const progress = { isOver: false };
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) await bucket.put('x', bodies[round % 2] ?? Buffer.alloc(0));
      progress.isOver = true;
    })();
    while (!progress.isOver) {
      const seen = await bucket.get('x');
      expect(bodies.some((body) => body.equals(seen))).toBe(true);
    }
    await writing;
  });

  it('lists in byte order of the whole key, by prefix and after a key', async () => {
    const all = ['a-b', 'a/b', 'a/b-c', 'a/b/c', 'a0', 'b/1', 'b/10', 'b/2'];
    for (const key of all) if (key !== 'a/b') await bucket.put(key, Buffer.from(key));
    const sorted = all.filter((key) => key !== 'a/b').sort();
    expect(await keys('')).toEqual(sorted);
    expect(await keys('a/')).toEqual(['a/b-c', 'a/b/c']);
    expect(await keys('b/1')).toEqual(['b/1', 'b/10']);
    expect(await keys('', 'a/b/c')).toEqual(['a0', 'b/1', 'b/10', 'b/2']);
    expect(await keys('nothing/')).toEqual([]);
  });

  it.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a//b',
    'a/',
    '.tmp-1',
    'a/.hidden',
    'a\\b',
    'a\u0000b',
    'é',
    'a'.repeat(600),
  ])('refuses the key %j', async (key) => {
    await expect(Promise.resolve().then(() => bucket.put(key, Buffer.from('x')))).rejects.toMatchObject({
      code: 'bucket.unsafe_key',
    });
    await expect(Promise.resolve().then(() => bucket.get(key))).rejects.toMatchObject({
      code: 'bucket.unsafe_key',
    });
    await expect(bucket.remove([key])).rejects.toMatchObject({ code: 'bucket.unsafe_key' });
    expect(await readdir(outside)).toEqual([]);
  });

  it('follows no link out of the bucket and reads no folder', async () => {
    await writeFile(join(outside, 'secret'), 'secret');
    await mkdir(join(folder, 'dir'), { recursive: true });
    await symlink(join(outside, 'secret'), join(folder, 'link'));
    for (const key of ['link', 'dir'])
      await expect(bucket.get(key)).rejects.toMatchObject({ code: 'bucket.object_not_found' });
  });

  it('refuses an object larger than asked for', async () => {
    await bucket.put('x', Buffer.alloc(100));
    await expect(bucket.get('x', { maxBytes: 99 })).rejects.toMatchObject({
      code: 'bucket.object_too_large',
    });
    expect(await bucket.get('x', { maxBytes: 100 })).toHaveLength(100);
  });

  it('clears what a killed writer left behind, but not what another still writes', async () => {
    await mkdir(folder);
    const [old, young] = [join(folder, '.tmp-old'), join(folder, '.tmp-young')];
    for (const path of [old, young]) await writeFile(path, 'half');
    await utimes(old, new Date(0), new Date(0));
    await bucket.put('x', Buffer.from('x'));
    expect((await readdir(folder)).sort()).toEqual(['.tmp-young', 'x']);
    expect(await keys('')).toEqual(['x']);
  });

  it('takes no credentials and no unknown kind of URL', () => {
    for (const url of ['folder', 'http://x/y', 's3://', 's3://key:secret@bucket', 'file://host/x']) {
      expect(() => openBucket(url)).toThrow(expect.objectContaining({ code: 'bucket.url_invalid' }));
    }
    expect(openBucket('s3://bucket/some/prefix').url).toBe('s3://bucket/some/prefix/');
  });
});
