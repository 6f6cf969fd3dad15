import { readdir, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketUnavailable } from './bucket.errors.js';
import type { ObjectInfo } from './bucket.port.js';
import { errnoOf } from './errno.js';
import { assertSafePrefix } from './safe-key.js';

/** Walks the folder in the order S3 would list it: by the bytes of the whole key, where `a-b` sorts before `a/b`. */
export async function* listFolder(
  root: string,
  prefix: string,
  startAfter: string | undefined,
): AsyncIterable<ObjectInfo> {
  assertSafePrefix(prefix);
  const cut = prefix.lastIndexOf('/') + 1;
  yield* walk(root, prefix.slice(0, cut), prefix, startAfter);
}

async function* walk(
  root: string,
  folder: string,
  prefix: string,
  startAfter: string | undefined,
): AsyncIterable<ObjectInfo> {
  for (const name of await sortedNames(join(root, folder))) {
    const key = folder + name;
    if (name.endsWith('/')) {
      const isInside = key.startsWith(prefix) || prefix.startsWith(key);
      const isBefore = startAfter !== undefined && key < startAfter && !startAfter.startsWith(key);
      if (isInside && !isBefore) yield* walk(root, key, prefix, startAfter);
      continue;
    }
    if (!key.startsWith(prefix) || (startAfter !== undefined && key <= startAfter)) continue;
    const info = await describe(root, key);
    if (info !== null) yield info;
  }
}

/** Folder names end in a slash, so that sorting them puts their contents where the whole key belongs. */
async function sortedNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new BucketUnavailable(`the folder answered ${code ?? 'an unknown error'}`, error);
  }
}

/** null: removed since the folder was read */
async function describe(root: string, key: string): Promise<ObjectInfo | null> {
  try {
    const stat = await lstat(join(root, key));
    return { key, size: stat.size, lastModified: stat.mtime };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw new BucketUnavailable('the folder failed', error);
  }
}
