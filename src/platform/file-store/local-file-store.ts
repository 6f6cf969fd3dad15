import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { FileKeys } from './file-keys.js';
import { sealedBytes } from './file-layout.js';
import { receiveFile } from './file-receiver.js';
import { FileKeyRefused } from './file-store.errors.js';
import type { FileStore, IncomingFile, StoredFile, WrappedDataKey } from './file-store.port.js';
import { LocalFileReader } from './local-file-reader.js';
import type { ListedFile } from './store-folder.js';

/** A store on a local disk, for the server; every server of an installation shares folder and key file. */
export class LocalFileStore extends LocalFileReader implements FileStore {
  constructor(
    path: string,
    private readonly keys: FileKeys,
  ) {
    super(path);
  }

  async receive(source: Readable, options: { maxBytes: number }): Promise<IncomingFile> {
    const path = await this.folder.newIncoming();
    const { sha256, bytes, head, dataKey } = await receiveFile(source, path, options.maxBytes);
    const storeName = this.keys.storeName(sha256);
    return {
      ...{ storeName, bytes, sha256, head },
      ...this.keys.wrap(dataKey, storeName),
      place: () => this.folder.moveIn(path, storeName),
      discard: () => rm(path, { force: true }),
    };
  }

  async has(file: StoredFile): Promise<boolean> {
    const found = await stat(this.folder.place(file.storeName)).catch(() => null);
    return found?.size === sealedBytes(file.bytes);
  }

  async isSound(file: StoredFile & WrappedDataKey, sha256: Buffer): Promise<boolean> {
    const hash = createHash('sha256');
    try {
      for await (const block of await this.open(file, this.unwrap(file, file))) hash.update(block as Buffer);
    } catch (error) {
      // a key file that lacks the key says nothing of the file; whatever else keeps it from being read does
      if (error instanceof FileKeyRefused) throw error;
      return false;
    }
    return hash.digest().equals(sha256);
  }

  unwrap(file: Pick<StoredFile, 'storeName'>, wrapped: WrappedDataKey): Buffer {
    return this.keys.unwrap(wrapped, file.storeName);
  }

  /** Under the newest key of the key file, after a rotation. */
  rewrap(file: Pick<StoredFile, 'storeName'>, wrapped: WrappedDataKey): WrappedDataKey {
    return this.keys.wrap(this.unwrap(file, wrapped), file.storeName);
  }

  get currentKeyId(): string {
    return this.keys.currentId;
  }

  remove(file: Pick<StoredFile, 'storeName'>): Promise<void> {
    return this.folder.remove(file.storeName);
  }

  /** What a dead server left half received. @returns how many files were removed */
  sweepIncoming(olderThanMs: number): Promise<number> {
    return this.folder.sweepIncoming(olderThanMs);
  }

  /** Everything that has its place, in no order that matters. */
  list(): AsyncIterable<ListedFile> {
    return this.folder.list();
  }
}
