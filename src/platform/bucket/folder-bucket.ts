import { randomBytes } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { link, lstat, mkdir, open, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { ObjectNotFound, ObjectTooLarge, RangeOutside, UnsafeObjectKey } from './bucket.errors.js';
import {
  DEFAULT_MAX_GET_BYTES,
  type Bucket,
  type BucketAbilities,
  type BucketObjection,
  type ByteRange,
  type GetOptions,
  type MultipartInfo,
  type ObjectInfo,
  type PartTag,
  type PutOptions,
  type UploadedPart,
} from './bucket.port.js';
import { probeConditionalPut } from './conditional-put.probe.js';
import { probeListing } from './listing.probe.js';
import { errnoOf } from './errno.js';
import {
  isMissing,
  sweepTemporary,
  syncFolder,
  TEMPORARY_PREFIX,
  unavailable,
  writeSynced,
} from './folder-files.js';
import { listFolder } from './folder-listing.js';
import { FolderMultipart } from './folder-multipart.js';
import { assertSafeKey } from './safe-key.js';

/**
 * A folder as bucket: the embedded default, a mounted share, a data diode. A file is written beside its final name,
 * synced, then linked (if nobody may have the name) or renamed into place, and the folder is synced: after a power
 * cut an object is there whole or not at all.
 */
export class FolderBucket implements Bucket {
  readonly url: string;
  private readonly root: string;
  private readonly uploads: FolderMultipart;
  private swept: Promise<void> | null = null;

  constructor(folder: string) {
    this.root = resolve(folder);
    this.url = pathToFileURL(this.root).href;
    this.uploads = new FolderMultipart(this.root);
  }

  put(key: string, body: Buffer, options: PutOptions = {}): Promise<{ created: boolean }> {
    return this.store(key, options, (temporary) => writeSynced(temporary, body));
  }

  putFile(key: string, path: string, options: PutOptions = {}): Promise<{ created: boolean }> {
    return this.store(key, options, async (temporary) => {
      await pipeline(
        createReadStream(path),
        createWriteStream(temporary, { flags: 'wx', mode: 0o640, flush: true }),
      );
    });
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_GET_BYTES;
    const file = await this.openForReading(key);
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new ObjectTooLarge(key, maxBytes);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async stream(key: string, { start = 0, end }: ByteRange = {}): Promise<Readable> {
    const file = await this.openForReading(key);
    if (start > 0 && start >= (await file.stat()).size) {
      await file.close();
      throw new RangeOutside(key);
    }
    return file.createReadStream({ start, ...(end === undefined ? {} : { end }), highWaterMark: 256 * 1024 });
  }

  async head(key: string): Promise<ObjectInfo | null> {
    const path = this.pathOf(key);
    try {
      const stat = await lstat(path);
      return stat.isFile() ? { key, size: stat.size, lastModified: stat.mtime } : null;
    } catch (error) {
      if (isMissing(error) && !(await this.isBlocked())) return null;
      throw unavailable(error);
    }
  }

  /** A folder that is not there yet is an empty bucket; something else in its place is none at all. */
  private async isBlocked(): Promise<boolean> {
    const found = await lstat(this.root).catch(() => null);
    return found !== null && !found.isDirectory() && !found.isSymbolicLink();
  }

  list(prefix: string, options: { startAfter?: string } = {}): AsyncIterable<ObjectInfo> {
    return listFolder(this.root, prefix, options.startAfter);
  }

  async remove(keys: string[]): Promise<void> {
    for (const key of keys) {
      const path = this.pathOf(key);
      try {
        await unlink(path);
        await syncFolder(dirname(path));
      } catch (error) {
        if (!isMissing(error)) throw unavailable(error);
      }
      await this.removeEmptyFolders(dirname(path));
    }
  }

  async createMultipart(key: string): Promise<string> {
    assertSafeKey(key);
    return this.uploads.create(key);
  }

  uploadPart(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<{ etag: string }> {
    return this.uploads.put(key, uploadId, partNumber, body);
  }

  listParts(key: string, uploadId: string): Promise<UploadedPart[] | null> {
    return this.uploads.parts(key, uploadId);
  }

  async completeMultipart(key: string, uploadId: string, parts: readonly PartTag[]): Promise<void> {
    const files = await this.uploads.chosen(key, uploadId, parts);
    await this.store(key, {}, (temporary) => this.uploads.join(files, temporary));
    await this.uploads.forget(key, uploadId);
  }

  abortMultipart(key: string, uploadId: string): Promise<void> {
    return this.uploads.forget(key, uploadId);
  }

  listMultiparts(prefix: string): AsyncIterable<MultipartInfo> {
    return this.uploads.list(prefix);
  }

  /** A folder has neither versions nor rights of its own; what is wrong with it shows at the first write. */
  inspect(): Promise<BucketObjection[]> {
    return Promise.resolve([]);
  }

  async probe(): Promise<BucketAbilities> {
    return {
      conditionalPut: await probeConditionalPut(this),
      consistentList: await probeListing(this),
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async store(
    key: string,
    options: PutOptions,
    write: (temporary: string) => Promise<void>,
  ): Promise<{ created: boolean }> {
    const path = this.pathOf(key);
    await (this.swept ??= this.prepare());
    // A name in the root, not beside the object: a concurrent remove() may take an empty folder away meanwhile.
    const temporary = join(this.root, TEMPORARY_PREFIX + randomBytes(12).toString('hex'));
    try {
      await write(temporary);
      return await this.moveIntoPlace(temporary, path, options.ifNoneMatch === true);
    } catch (error) {
      throw unavailable(error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  private async moveIntoPlace(
    temporary: string,
    path: string,
    exclusive: boolean,
  ): Promise<{ created: boolean }> {
    for (let attempt = 1; ; attempt += 1) {
      await this.makeFolder(dirname(path));
      try {
        // link() fails where the name exists, which rename() does not: that is the whole of If-None-Match here.
        await (exclusive ? link(temporary, path) : rename(temporary, path));
        await syncFolder(dirname(path));
        return { created: true };
      } catch (error) {
        if (exclusive && errnoOf(error) === 'EEXIST') return { created: false };
        if (!isMissing(error) || attempt === 5) throw error;
      }
    }
  }

  private async openForReading(key: string) {
    const path = this.pathOf(key);
    try {
      // Whoever may write into the folder must not make us follow a link out of it or wait on a pipe.
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if ((await file.stat()).isFile()) return file;
      await file.close();
    } catch (error) {
      if (!isMissing(error) && errnoOf(error) !== 'ELOOP') throw unavailable(error);
    }
    throw new ObjectNotFound(key);
  }

  private pathOf(key: string): string {
    assertSafeKey(key);
    const path = join(this.root, key);
    if (!path.startsWith(this.root + sep)) throw new UnsafeObjectKey('it leaves the bucket');
    return path;
  }

  private async prepare(): Promise<void> {
    await this.makeFolder(this.root);
    await sweepTemporary(this.root);
  }

  private async makeFolder(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true, mode: 0o750 });
    if (made === undefined) return;
    for (let at = folder; at.length >= dirname(made).length && at !== dirname(at); at = dirname(at))
      await syncFolder(at);
  }

  private async removeEmptyFolders(folder: string): Promise<void> {
    for (let at = folder; at.startsWith(this.root + sep); at = dirname(at)) {
      try {
        await rmdir(at);
      } catch (error) {
        if (isMissing(error)) continue;
        return; // not empty, or in use: it stays
      }
    }
  }
}
