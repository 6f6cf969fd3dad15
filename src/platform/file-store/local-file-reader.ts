import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ChunkCipher } from '../crypto/index.js';
import { MemoryTide } from '../memory/index.js';
import {
  CHUNK_BYTES,
  chunkOffset,
  chunksOf,
  HEADER,
  HEADER_HASH,
  SEALED_CHUNK_BYTES,
  sealedBytes,
} from './file-layout.js';
import { FileDamaged, FileMissing } from './file-store.errors.js';
import type { ByteRange, FileReader, StoredFile } from './file-store.port.js';
import { StoreFolder } from './store-folder.js';

/** Opens files of a local store with a data key. All that the connector needs, and all that it gets. */
export class LocalFileReader implements FileReader {
  protected readonly folder: StoreFolder;

  constructor(path: string) {
    this.folder = new StoreFolder(path);
  }

  async open(file: StoredFile, dataKey: Buffer, range: ByteRange = {}): Promise<Readable> {
    const handle = await this.openHandle(file.storeName);
    try {
      await assertWhole(handle, file.bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
    const start = range.start ?? 0;
    const end = Math.min(range.end ?? file.bytes - 1, file.bytes - 1);
    return new DecryptedRange(handle, dataKey, file.bytes, start, end);
  }

  private async openHandle(name: string): Promise<FileHandle> {
    try {
      return await open(this.folder.place(name), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new FileMissing(error);
      throw error;
    }
  }
}

/** Length and header tell most damage before the first byte has gone out, when there is still an error to answer with. */
async function assertWhole(handle: FileHandle, plainBytes: number): Promise<void> {
  const { size } = await handle.stat();
  if (size !== sealedBytes(plainBytes)) throw new FileDamaged('the length on disk is wrong');
  const { buffer } = await handle.read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0);
  if (!buffer.equals(HEADER)) throw new FileDamaged('the header on disk is wrong');
}

/** Reads, authenticates and decrypts one chunk at a time, from the one that holds `start` to the one that holds `end`. */
class DecryptedRange extends Readable {
  private readonly sealed = Buffer.allocUnsafeSlow(SEALED_CHUNK_BYTES);
  private readonly cipher: ChunkCipher;
  private readonly tide = new MemoryTide();
  private readonly lastChunk: number;
  private index: number;

  constructor(
    private readonly handle: FileHandle,
    dataKey: Buffer,
    private readonly plainBytes: number,
    private readonly start: number,
    private readonly end: number,
  ) {
    super({ highWaterMark: CHUNK_BYTES });
    this.lastChunk = chunksOf(plainBytes) - 1;
    this.index = Math.floor(start / CHUNK_BYTES);
    this.cipher = new ChunkCipher(dataKey, HEADER_HASH, this.index);
  }

  override _read(): void {
    this.next().then(
      (bytes) => this.push(bytes),
      (error: unknown) => {
        this.destroy(error instanceof FileDamaged ? error : new FileDamaged('cannot be read', error));
      },
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.handle.close().then(
      () => {
        done(error);
      },
      (failure: unknown) => {
        done(error ?? (failure as Error));
      },
    );
  }

  private async next(): Promise<Buffer | null> {
    const firstByte = this.index * CHUNK_BYTES;
    if (firstByte > this.end || this.index > this.lastChunk) return null;
    const plain = await this.openChunk(this.index);
    this.tide.pass(plain.length);
    this.index += 1;
    return plain.subarray(Math.max(0, this.start - firstByte), this.end - firstByte + 1);
  }

  private async openChunk(index: number): Promise<Buffer> {
    const offset = chunkOffset(index);
    const length = Math.min(SEALED_CHUNK_BYTES, sealedBytes(this.plainBytes) - offset);
    const { bytesRead } = await this.handle.read(this.sealed, 0, length, offset);
    if (bytesRead !== length) throw new FileDamaged('the file ends too early');
    return this.cipher.open(this.sealed.subarray(0, length), index === this.lastChunk);
  }
}
