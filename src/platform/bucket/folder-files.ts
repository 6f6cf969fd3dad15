import { lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketUnavailable } from './bucket.errors.js';
import { errnoOf } from './errno.js';

export const TEMPORARY_PREFIX = '.tmp-';
/** no upload takes this long between two writes, so an older temporary file belongs to a process that died */
const TEMPORARY_MAX_AGE_MS = 60 * 60 * 1000;

/** Makes a name that was added to or taken from the folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function isMissing(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A bucket error for what the file system threw; errors of other kinds pass as they are. */
export function unavailable(error: unknown): Error {
  const code = errnoOf(error);
  if (code === null)
    return error instanceof Error ? error : new BucketUnavailable('the folder failed', error);
  return new BucketUnavailable(`the folder answered ${code}`, error);
}

/** Writes a new file and has it on disk when this resolves. */
export async function writeSynced(path: string, body: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what a killed process left behind. Younger files may belong to a process that is still writing. */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const path = join(folder, name);
    const stat = await lstat(path).catch((error: unknown) =>
      isMissing(error) ? null : Promise.reject(unavailable(error)),
    );
    if (stat !== null && Date.now() - stat.mtimeMs > TEMPORARY_MAX_AGE_MS)
      await rm(path, { recursive: true, force: true });
  }
}
