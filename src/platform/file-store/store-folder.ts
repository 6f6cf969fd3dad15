import { open, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v4 as uuid } from 'uuid';

const incoming = 'incoming';
const storeName = /^[0-9a-f]{64}$/;

export interface ListedFile {
  readonly storeName: string;
  /** when it came to its place */
  readonly changedAt: Date;
}

/** Where things lie: `ab/ab12…` by name, and what is on its way in `incoming/`. On one file system, so renames are atomic. */
export class StoreFolder {
  constructor(readonly path: string) {}

  /** @throws TypeError for anything but a name of ours: a path made of foreign text could lead anywhere */
  place(name: string): string {
    if (!storeName.test(name)) throw new TypeError('not a name of the file store');
    return join(this.path, name.slice(0, 2), name);
  }

  async newIncoming(): Promise<string> {
    await mkdir(join(this.path, incoming), { recursive: true, mode: 0o700 });
    return join(this.path, incoming, `${uuid()}.part`);
  }

  /** Durable when it resolves: the file was synced before, the folders are now. */
  async moveIn(path: string, name: string): Promise<void> {
    const place = this.place(name);
    const made = await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await rename(path, place);
    await syncFolder(dirname(place));
    if (made !== undefined) await syncFolder(this.path);
  }

  async remove(name: string): Promise<void> {
    await rm(this.place(name), { force: true });
  }

  /** Uploads that a dead server left behind. @returns how many were removed */
  async sweepIncoming(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await namesIn(join(this.path, incoming))) {
      const path = join(this.path, incoming, name);
      const found = await stat(path).catch(() => null);
      if (found === null || Date.now() - found.mtimeMs < olderThanMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  async *list(): AsyncIterable<ListedFile> {
    for (const folder of await namesIn(this.path)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await namesIn(join(this.path, folder))) {
        if (!storeName.test(name)) continue;
        const found = await stat(this.place(name)).catch(() => null);
        if (found !== null) yield { storeName: name, changedAt: found.ctime };
      }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
