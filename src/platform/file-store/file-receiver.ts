import { createHash, randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ChunkCipher } from '../crypto/index.js';
import { TooLarge } from '../errors/index.js';
import { MemoryTide } from '../memory/index.js';
import { CHUNK_BYTES, HEADER, HEADER_HASH } from './file-layout.js';
import { StoreFull } from './file-store.errors.js';

/** enough for every format that names itself near its beginning */
const HEAD_BYTES = 64 * 1024;

export interface ReceivedFile {
  readonly sha256: Buffer;
  readonly bytes: number;
  readonly head: Buffer;
  readonly dataKey: Buffer;
}

/**
 * Streams plain bytes → SHA-256 and AES-256-GCM chunks under a fresh key → file, synced. Memory stays at a few chunks.
 * The file is gone when it throws.
 */
export async function receiveFile(source: Readable, path: string, maxBytes: number): Promise<ReceivedFile> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const sealing = new Sealing(file, maxBytes);
      await sealing.begin();
      for await (const block of source) await sealing.add(block as Buffer);
      return await sealing.end();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw isFull(error) ? new StoreFull(error) : error;
  }
}

const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String((error as NodeJS.ErrnoException).code));

class Sealing {
  private readonly dataKey = randomBytes(32);
  private readonly cipher = new ChunkCipher(this.dataKey, HEADER_HASH);
  private readonly hash = createHash('sha256');
  private readonly chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private readonly tide = new MemoryTide();
  private filled = 0;
  private bytes = 0;
  private head = Buffer.alloc(0);

  constructor(
    private readonly file: FileHandle,
    private readonly maxBytes: number,
  ) {}

  async begin(): Promise<void> {
    await this.write([HEADER]);
  }

  async add(block: Buffer): Promise<void> {
    this.bytes += block.length;
    if (this.bytes > this.maxBytes) throw new TooLarge(this.maxBytes);
    this.hash.update(block);
    // the block, and what it becomes when it is sealed
    this.tide.pass(2 * block.length);
    if (this.head.length < HEAD_BYTES)
      this.head = Buffer.concat([this.head, block.subarray(0, HEAD_BYTES - this.head.length)]);
    for (let rest = block; rest.length > 0;) {
      // Only when more follows is a full chunk known not to be the last.
      if (this.filled === CHUNK_BYTES) await this.flush(false);
      const copied = rest.copy(this.chunk, this.filled);
      this.filled += copied;
      rest = rest.subarray(copied);
    }
  }

  async end(): Promise<ReceivedFile> {
    await this.flush(true);
    await this.file.sync();
    const { bytes, head, dataKey } = this;
    return { sha256: this.hash.digest(), bytes, head, dataKey };
  }

  private async flush(isLast: boolean): Promise<void> {
    const sealed = this.cipher.seal(this.chunk.subarray(0, this.filled), isLast);
    await this.write(sealed);
    this.filled = 0;
  }

  /** A disk that is nearly full takes a part of it, and says that it is full only when asked to take the rest. */
  private async write(buffers: readonly Buffer[]): Promise<void> {
    for (const buffer of buffers) await this.file.writeFile(buffer);
  }
}
