import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketRefused, UploadNotFound } from './bucket.errors.js';
import { MIN_PART_BYTES, type MultipartInfo, type PartTag, type UploadedPart } from './bucket.port.js';
import {
  isMissing,
  sweepTemporary,
  syncFolder,
  TEMPORARY_PREFIX,
  unavailable,
  writeSynced,
} from './folder-files.js';
import { assertPartNumber, assertPartOrder } from './part-numbers.js';
import { assertSafePrefix } from './safe-key.js';

/** Begins with a dot, so that no listing shows it and no key can name it. */
const STAGING = '.multipart';
const KEY_FILE = 'key';
const COPY_BYTES = 1024 * 1024;
const partFile = /^(\d{5})\.([0-9a-f]{64})$/;
const uploadIdForm = /^[0-9a-f]{32}$/;

interface PartFile extends UploadedPart {
  path: string;
}

/**
 * Uploads in parts for the folder bucket: each upload is a hidden folder that holds the key it is for and one file per
 * part, named by number and content. A part is there whole or not at all, so what a crash leaves can be gone on with.
 */
export class FolderMultipart {
  private readonly folder: string;
  private swept: Promise<void> | null = null;

  constructor(root: string) {
    this.folder = join(root, STAGING);
  }

  async create(key: string): Promise<string> {
    const uploadId = randomBytes(16).toString('hex');
    const unborn = join(this.folder, `${TEMPORARY_PREFIX}${uploadId}`);
    try {
      await mkdir(unborn, { recursive: true, mode: 0o750 });
      await (this.swept ??= sweepTemporary(this.folder));
      await writeSynced(join(unborn, KEY_FILE), Buffer.from(key));
      await rename(unborn, join(this.folder, uploadId));
      await syncFolder(this.folder);
    } catch (error) {
      throw unavailable(error);
    }
    return uploadId;
  }

  async put(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<{ etag: string }> {
    assertPartNumber(partNumber);
    const folder = await this.open(key, uploadId);
    if (folder === null) throw new UploadNotFound(key);
    const etag = createHash('sha256').update(body).digest('hex');
    const temporary = join(folder, `${TEMPORARY_PREFIX}${randomBytes(12).toString('hex')}`);
    try {
      await writeSynced(temporary, body);
      const name = `${String(partNumber).padStart(5, '0')}.${etag}`;
      await rename(temporary, join(folder, name));
      const replaced = (await this.read(folder)).filter(
        (part) => part.partNumber === partNumber && part.etag !== etag,
      );
      for (const { path } of replaced) await rm(path, { force: true });
      await syncFolder(folder);
    } catch (error) {
      throw isMissing(error) ? new UploadNotFound(key) : unavailable(error);
    }
    return { etag };
  }

  async parts(key: string, uploadId: string): Promise<UploadedPart[] | null> {
    const folder = await this.open(key, uploadId);
    if (folder === null) return null;
    const found = await this.read(folder);
    return found.map(({ partNumber, bytes, etag }) => ({ partNumber, bytes, etag }));
  }

  /** The files of the parts that the caller named. @throws UploadNotFound, BucketRefused */
  async chosen(key: string, uploadId: string, parts: readonly PartTag[]): Promise<string[]> {
    const folder = await this.open(key, uploadId);
    if (folder === null) throw new UploadNotFound(key);
    assertPartOrder(parts);
    const here = new Map((await this.read(folder)).map((part) => [part.partNumber, part]));
    const chosen = parts.map(({ partNumber, etag }) => {
      const part = here.get(partNumber);
      if (part?.etag === etag) return part;
      throw new BucketRefused('bucket.part_invalid', `part ${String(partNumber)} is not what was named`);
    });
    if (chosen.slice(0, -1).some(({ bytes }) => bytes < MIN_PART_BYTES))
      throw new BucketRefused('bucket.part_too_small', 'a part before the last is too small');
    return chosen.map(({ path }) => path);
  }

  async join(files: readonly string[], target: string): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
    const whole = await open(target, 'wx', 0o640);
    try {
      for (const file of files) await append(whole, file, buffer);
      await whole.sync();
    } finally {
      await whole.close();
    }
  }

  async forget(key: string, uploadId: string): Promise<void> {
    const folder = await this.open(key, uploadId);
    if (folder === null) return;
    // The name goes first: what is half removed must not look like an upload.
    const dying = join(this.folder, `${TEMPORARY_PREFIX}${uploadId}`);
    try {
      await rename(folder, dying);
      await rm(dying, { recursive: true, force: true });
    } catch (error) {
      if (!isMissing(error)) throw unavailable(error);
    }
  }

  async *list(prefix: string): AsyncIterable<MultipartInfo> {
    assertSafePrefix(prefix);
    const found: MultipartInfo[] = [];
    for (const uploadId of await names(this.folder)) {
      if (!uploadIdForm.test(uploadId)) continue;
      const info = await this.describe(uploadId);
      if (info?.key.startsWith(prefix) === true) found.push(info);
    }
    found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : +a.initiatedAt - +b.initiatedAt));
    yield* found;
  }

  /** null: completed or aborted meanwhile */
  private async describe(uploadId: string): Promise<MultipartInfo | null> {
    const path = join(this.folder, uploadId, KEY_FILE);
    try {
      const [key, { mtime }] = [await readFile(path, 'utf8'), await lstat(path)];
      return { key, uploadId, initiatedAt: mtime };
    } catch (error) {
      if (isMissing(error)) return null;
      throw unavailable(error);
    }
  }

  /** The upload's folder, or null where there is no such upload of this key. */
  private async open(key: string, uploadId: string): Promise<string | null> {
    if (!uploadIdForm.test(uploadId)) return null;
    return (await this.describe(uploadId))?.key === key ? join(this.folder, uploadId) : null;
  }

  private async read(folder: string): Promise<PartFile[]> {
    const parts: PartFile[] = [];
    for (const name of (await names(folder)).sort()) {
      const [, digits, etag] = partFile.exec(name) ?? [];
      if (digits === undefined || etag === undefined) continue;
      const path = join(folder, name);
      const stat = await lstat(path).catch((error: unknown) =>
        isMissing(error) ? null : Promise.reject(unavailable(error)),
      );
      if (stat !== null) parts.push({ partNumber: Number(digits), bytes: stat.size, etag, path });
    }
    return parts;
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unavailable(error);
  }
}

/** Through one buffer for all parts: streams would leave hundreds of megabytes of used ones behind. */
async function append(whole: FileHandle, path: string, buffer: Buffer): Promise<void> {
  const part = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await part.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      await whole.writeFile(buffer.subarray(0, bytesRead));
    }
  } finally {
    await part.close();
  }
}
