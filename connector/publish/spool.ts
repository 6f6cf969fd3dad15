import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PartEntry } from '../../src/replication/format/index.js';
import { LIST_FILE } from './attachment-lists.js';
import { partFile } from './batch-writer.js';
import { SpoolFull } from './publish.errors.js';

/**
 * Sealed parts on their way to the bucket, on a local disk: a folder per batch attempt. It may be lost at any
 * moment; what it held is then made again from the database.
 */
export class Spool {
  constructor(
    private readonly root: string,
    private readonly maxBytes: number,
  ) {}

  folderOf(batch: { generation: number; n: number; nonce: string }): string {
    return join(this.root, `${String(batch.generation)}-${String(batch.n)}-${batch.nonce}`);
  }

  pathOf(batch: { generation: number; n: number; nonce: string }, part: number): string {
    return join(this.folderOf(batch), partFile(part));
  }

  listPathOf(batch: { generation: number; n: number; nonce: string }): string {
    return join(this.folderOf(batch), LIST_FILE);
  }

  /** Whether a part's file is here with exactly the bytes that its manifest lists. */
  async holds(path: string, entry: PartEntry): Promise<boolean> {
    const found = await statOrNull(path);
    if (found?.size !== entry.bytes) return false;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === entry.sha256;
  }

  async hasFile(path: string): Promise<boolean> {
    return (await statOrNull(path)) !== null;
  }

  async bytes(): Promise<number> {
    let total = 0;
    for (const path of await this.files()) total += (await statOrNull(path))?.size ?? 0;
    return total;
  }

  async hasRoom(): Promise<boolean> {
    return (await this.bytes()) < this.maxBytes;
  }

  /** @throws SpoolFull */
  async assertRoom(): Promise<void> {
    const bytes = await this.bytes();
    if (bytes >= this.maxBytes) throw new SpoolFull(bytes, this.maxBytes);
  }

  async removePart(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async remove(batch: { generation: number; n: number; nonce: string }): Promise<void> {
    await rm(this.folderOf(batch), { recursive: true, force: true });
  }

  async removeFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  /** Removes whatever no batch in hand owns: what a crash left, and what an older policy let through. */
  async keepOnly(folders: readonly string[]): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.root)) {
      const path = join(this.root, name);
      if (!folders.includes(path)) await rm(path, { recursive: true, force: true });
    }
  }

  private async files(): Promise<string[]> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }
}

async function statOrNull(path: string): Promise<{ size: number } | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
