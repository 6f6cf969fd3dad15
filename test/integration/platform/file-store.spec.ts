import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  FileKeys,
  LocalFileReader,
  LocalFileStore,
  type StoredFile,
} from '../../../src/platform/file-store/index.js';
import { makeTempFolder } from '../../support/index.js';

const CHUNK = 256 * 1024;
const maxBytes = 64 * 1024 * 1024;

let folder: string;
let keyFile: string;
let store: LocalFileStore;

beforeEach(async () => {
  folder = await makeTempFolder('file-store');
  keyFile = join(folder, 'keys', 'files.key');
  store = new LocalFileStore(join(folder, 'store'), await loadKeys(true));
});

const loadKeys = (mayCreate = false) => FileKeys.load(keyFile, () => Promise.resolve(mayCreate));
const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );

async function put(bytes: Buffer, piece = 10_000): Promise<{ file: StoredFile; key: Buffer; path: string }> {
  const incoming = await store.receive(inPieces(bytes, piece), { maxBytes });
  expect(incoming.sha256).toEqual(createHash('sha256').update(bytes).digest());
  await incoming.place();
  const file = { storeName: incoming.storeName, bytes: incoming.bytes };
  const path = join(folder, 'store', file.storeName.slice(0, 2), file.storeName);
  return { file, key: store.unwrap(file, incoming), path };
}

const allFiles = async (): Promise<string[]> =>
  (await readdir(join(folder, 'store'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('file store', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])(
    'gives back %d bytes as they came, and shows none of them on the disk',
    async (length) => {
      const bytes = Buffer.alloc(length, 'a very secret text ');
      const { file, key, path } = await put(bytes);
      expect((await buffer(await store.open(file, key))).equals(bytes)).toBe(true);
      expect((await readFile(path)).includes('secret')).toBe(false);
      expect(file.storeName).not.toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(await store.has(file)).toBe(true);
    },
  );

  it('gives back any range, however it lies across the chunks', async () => {
    const bytes = randomBytes(3 * CHUNK + 100);
    const { file, key } = await put(bytes);
    const ranges = [
      [0, 0],
      [CHUNK - 1, CHUNK],
      [CHUNK, 2 * CHUNK - 1],
      [5, 3 * CHUNK + 99],
      [3 * CHUNK + 99, 3 * CHUNK + 99],
      [2 * CHUNK - 3, 3 * CHUNK + 2],
    ] as const;
    for (const [start, end] of ranges) {
      const found = await buffer(await store.open(file, key, { start, end }));
      expect(found.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
    expect((await buffer(await store.open(file, key, { start: 3 * CHUNK }))).length).toBe(100);
  });

  it('seals the same content under another key each time, and gives it one name', async () => {
    const bytes = randomBytes(1000);
    const [first, second] = [await put(bytes), await put(bytes)];
    expect(second.file).toEqual(first.file);
    expect(second.key.equals(first.key)).toBe(false);
    expect(await allFiles()).toHaveLength(1);
    await expect(buffer(await store.open(first.file, first.key))).rejects.toMatchObject({
      code: 'file_damaged',
    });
  });

  it('hands out no chunk in which a bit was flipped, wherever it was', async () => {
    const bytes = randomBytes(2 * CHUNK + 50);
    const { file, key, path } = await put(bytes, 100_000);
    const good = await readFile(path);
    for (const at of [0, 9, 12, 100, CHUNK + 20, good.length - 17, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await writeFile(path, bad);
      const seen: Buffer[] = [];
      const read = async () => {
        for await (const block of await store.open(file, key)) seen.push(block as Buffer);
      };
      await expect(read()).rejects.toMatchObject({ code: 'file_damaged' });
      const got = Buffer.concat(seen);
      expect(got.length).toBeLessThan(bytes.length);
      expect(got.equals(bytes.subarray(0, got.length))).toBe(true);
    }
    await writeFile(path, good);
    // A range that does not touch the damage is right, and is served.
    const bad = Buffer.from(good);
    bad[good.length - 1] = (bad[good.length - 1] ?? 0) ^ 1;
    await writeFile(path, bad);
    expect((await buffer(await store.open(file, key, { end: 99 }))).equals(bytes.subarray(0, 100))).toBe(
      true,
    );
  });

  it('refuses a file that was cut off, grew or is gone before the first byte', async () => {
    const { file, key, path } = await put(randomBytes(2 * CHUNK));
    await appendFile(path, 'x');
    await expect(store.open(file, key)).rejects.toMatchObject({ code: 'file_damaged' });
    await truncate(path, 12 + CHUNK + 16);
    await expect(store.open(file, key)).rejects.toMatchObject({ code: 'file_damaged' });
    // Even where the database had been told the shorter length, a chunk in the middle is not the last one.
    await expect(buffer(await store.open({ ...file, bytes: CHUNK }, key))).rejects.toMatchObject({
      code: 'file_damaged',
    });
    expect(await store.has(file)).toBe(false);
    await store.remove(file);
    await store.remove(file);
    await expect(store.open(file, key)).rejects.toMatchObject({ code: 'file_missing' });
  });

  it('leaves nothing of an upload that is too large or breaks off', async () => {
    await expect(store.receive(inPieces(randomBytes(5000), 999), { maxBytes: 4999 })).rejects.toMatchObject({
      httpStatus: 413,
    });
    const broken = Readable.from(
      (async function* () {
        yield randomBytes(CHUNK * 2);
        await Promise.reject(new Error('cable cut'));
      })(),
    );
    await expect(store.receive(broken, { maxBytes })).rejects.toThrow('cable cut');
    expect(await allFiles()).toEqual([]);
  });

  it('sweeps what a dead server left, and not what is on its way', async () => {
    await store.receive(inPieces(randomBytes(10), 3), { maxBytes });
    const old = await store.receive(inPieces(randomBytes(10), 3), { maxBytes });
    const incoming = join(folder, 'store', 'incoming');
    const names = await readdir(incoming);
    expect(names).toHaveLength(2);
    const yesterday = new Date(Date.now() - 90_000_000);
    await utimes(join(incoming, names[0] ?? ''), yesterday, yesterday);
    expect(await store.sweepIncoming(3_600_000)).toBe(1);
    expect(await readdir(incoming)).toEqual([names[1]]);
    await old.discard();
  });

  it('says that the disk is full and leaves nothing there', async () => {
    // The file system is the kernel's own: a tmpfs of one megabyte. Where it may not be mounted there is nothing to try.
    const small = join(folder, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      return;
    }
    try {
      const tight = new LocalFileStore(join(small, 'store'), await loadKeys());
      await expect(
        tight.receive(inPieces(randomBytes(2_000_000), 50_000), { maxBytes }),
      ).rejects.toMatchObject({
        httpStatus: 507,
        code: 'store_full',
      });
      expect(await readdir(join(small, 'store', 'incoming'))).toEqual([]);
      const fits = await tight.receive(inPieces(randomBytes(500_000), 50_000), { maxBytes });
      await fits.place();
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('opens with the data key alone, and takes no path for a name', async () => {
    const bytes = randomBytes(100);
    const { file, key } = await put(bytes);
    const reader = new LocalFileReader(join(folder, 'store'));
    expect(await buffer(await reader.open(file, key))).toEqual(bytes);
    await expect(reader.open({ storeName: '../../keys/files.key', bytes: 10 }, key)).rejects.toThrow(
      TypeError,
    );
  });

  it('closes a file that nobody reads to its end', async () => {
    const { file, key } = await put(randomBytes(5 * CHUNK));
    const open = await readdir('/proc/self/fd').then((names) => names.length);
    for (let i = 0; i < 50; i += 1) {
      const stream = await store.open(file, key);
      stream.destroy();
      await new Promise((resolve) => stream.once('close', resolve));
    }
    expect(await readdir('/proc/self/fd').then((names) => names.length)).toBeLessThan(open + 10);
  });
});

describe('key file', () => {
  it('is made for nobody else, and refused when others can read it', async () => {
    await chmod(keyFile, 0o640);
    await expect(loadKeys()).rejects.toMatchObject({
      detail: expect.stringContaining(`chmod 600 ${keyFile}`),
    });
    await chmod(keyFile, 0o600);
    await expect(loadKeys()).resolves.toBeInstanceOf(FileKeys);
  });

  it('is not made anew where files were stored with one that is gone', async () => {
    const missing = join(folder, 'other', 'files.key');
    await expect(FileKeys.load(missing, () => Promise.resolve(false))).rejects.toMatchObject({
      detail: expect.stringContaining('Put it back'),
    });
    const made = await Promise.all(
      Array.from({ length: 8 }, () => FileKeys.load(missing, () => Promise.resolve(true))),
    );
    expect(new Set(made.map(({ currentId }) => currentId)).size).toBe(1);
  });

  it.each(['', 'name 00', 'key zz', `key ${'0'.repeat(64)}`, 'hello'])(
    'is refused with %j in it',
    async (text) => {
      await writeFile(keyFile, text);
      await expect(loadKeys()).rejects.toMatchObject({ code: 'file_key_refused' });
    },
  );

  it('takes a new key as its last line, and still opens what the old one wrapped', async () => {
    const { file, key } = await put(randomBytes(10));
    const keys = await loadKeys();
    const wrapped = keys.wrap(key, file.storeName);
    await appendFile(keyFile, `key ${randomBytes(32).toString('hex')}\n`);
    const rotated = new LocalFileStore(join(folder, 'store'), await loadKeys());
    expect(rotated.currentKeyId).not.toBe(wrapped.keyId);
    const again = rotated.rewrap(file, wrapped);
    expect(again.keyId).toBe(rotated.currentKeyId);
    expect(rotated.unwrap(file, again)).toEqual(key);
    expect((await loadKeys()).storeName(createHash('sha256').digest())).toBe(
      keys.storeName(createHash('sha256').digest()),
    );
    // A wrapped key in another file's row does not open.
    expect(() => rotated.unwrap({ storeName: 'f'.repeat(64) }, again)).toThrow();
    expect(() => store.unwrap(file, again)).toThrow(/no key/);
  });
});
