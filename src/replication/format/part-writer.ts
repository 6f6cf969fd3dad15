import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { constants, createZstdCompress } from 'node:zlib';
import { ChunkCipher } from './chunk-cipher.js';
import { malformed } from './format.errors.js';
import { wrapKey } from './key-wrap.js';
import { CHUNK_BYTES, LIMITS } from './limits.js';
import { partKey } from './object-keys.js';
import { encodePartHeader, hashPartHeader, type ObjectContext } from './part-header.js';

/** One part as its manifest lists it. */
export interface PartEntry {
  /** object key */
  name: string;
  /** length of the object */
  bytes: number;
  /** of the object's bytes, hex */
  sha256: string;
  /** lines, the header line of part 0 included */
  rows: number;
  /** uncompressed bytes, newlines included: what a reader may expect at most */
  plainBytes: number;
}

export interface WritePartOptions {
  context: ObjectContext;
  /** age X25519 recipients */
  recipients: readonly string[];
  /** file to create (0600); must not exist */
  path: string;
  /** lease epoch, see `partKey` */
  fence?: number;
}

const BATCH_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Streams lines → zstd level 1 → AES-256-GCM chunks → file. Memory stays at a few chunks whatever the size. */
export class PartWriter {
  private readonly zstd = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
    chunkSize: 4 * CHUNK_BYTES,
  });
  private readonly sealing: Promise<{ bytes: number; sha256: string }>;
  private pending = Buffer.allocUnsafe(BATCH_BYTES);
  private readonly spare: Buffer<ArrayBuffer>[] = [];
  private filled = 0;
  private rows = 0;
  private plainBytes = 0;
  private failure: Error | null = null;

  constructor(private readonly options: WritePartOptions) {
    this.zstd.on('error', (error) => (this.failure ??= error));
    this.sealing = this.seal();
    this.sealing.catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error('sealing failed', { cause: error });
      this.zstd.destroy(this.failure);
    });
  }

  /** Uncompressed bytes so far, for deciding when to begin the next part. */
  get size(): number {
    return this.plainBytes;
  }

  /** @param text one line without its newline. Await what it returns, if anything: that is the backpressure. */
  line(text: string | Buffer): void | Promise<void> {
    const room = roomFor(text);
    const wait = this.reserve(room);
    const length =
      typeof text === 'string' ? this.pending.write(text, this.filled) : text.copy(this.pending, this.filled);
    this.endLine(length);
    return wait;
  }

  /** As `line`, of a line that stands in three places: `before`, `source` from `start` to `end`, `after`. */
  framed(before: Buffer, source: Buffer, start: number, end: number, after: Buffer): void | Promise<void> {
    const wait = this.reserve(before.length + end - start + after.length);
    let length = before.copy(this.pending, this.filled);
    length += source.copy(this.pending, this.filled + length, start, end);
    length += after.copy(this.pending, this.filled + length);
    this.endLine(length);
    return wait;
  }

  private reserve(room: number): Promise<void> | undefined {
    if (this.failure !== null) throw this.failure;
    if (room === 0 || room > 3 * LIMITS.maxLineBytes) throw malformed('line: empty or too long');
    return this.filled + room + 1 > this.pending.length ? this.flush(room + 1) : undefined;
  }

  private endLine(length: number): void {
    if (length > LIMITS.maxLineBytes) throw malformed('line: too long');
    this.filled += length;
    this.pending[this.filled] = NEWLINE;
    this.filled += 1;
    this.rows += 1;
    this.plainBytes += length + 1;
    if (this.plainBytes > LIMITS.maxPartPlainBytes) throw malformed('part: too long');
  }

  async finish(): Promise<PartEntry> {
    if (this.failure !== null) throw this.failure;
    this.zstd.end(this.pending.subarray(0, this.filled));
    const { bytes, sha256 } = await this.sealing;
    const { generation, n, part } = this.options.context;
    const name = partKey(generation, n, part, this.options.fence);
    return { name, bytes, sha256, rows: this.rows, plainBytes: this.plainBytes };
  }

  /** Gives the part up and removes its file. */
  async abort(): Promise<void> {
    this.zstd.destroy(new Error('part given up'));
    await Promise.allSettled([this.sealing]);
    await rm(this.options.path, { force: true });
  }

  private flush(needed: number): Promise<void> | undefined {
    const given = this.pending;
    // zstd reads from a buffer until it says that it is through; then the next lines may have it
    const takeBack = () => {
      if (given.length === BATCH_BYTES) this.spare.push(given);
    };
    const hasRoom = this.filled === 0 || this.zstd.write(given.subarray(0, this.filled), takeBack);
    if (this.filled === 0) takeBack();
    const spare = needed <= BATCH_BYTES ? this.spare.pop() : undefined;
    this.pending = spare ?? Buffer.allocUnsafe(Math.max(BATCH_BYTES, needed));
    this.filled = 0;
    if (hasRoom) return undefined;
    return once(this.zstd, 'drain').then(
      () => undefined,
      (error: unknown) => {
        throw this.failure ?? error;
      },
    );
  }

  private async seal(): Promise<{ bytes: number; sha256: string }> {
    const dataKey = randomBytes(32);
    const header = encodePartHeader(this.options.context, await wrapKey(dataKey, this.options.recipients));
    const file = await open(this.options.path, 'wx', 0o600);
    try {
      const output = new HashedFile(file, (error) => (this.failure ??= error));
      await output.write([header]);
      const cipher = new ChunkCipher(dataKey, hashPartHeader(header));
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let fill = 0;
      for await (const block of this.zstd) {
        for (let rest = block as Buffer; rest.length > 0;) {
          // Only when more follows is a full chunk known not to be the last.
          if (fill === CHUNK_BYTES) {
            await output.write(cipher.seal(chunk, false));
            fill = 0;
          }
          const copied = rest.copy(chunk, fill);
          fill += copied;
          rest = rest.subarray(copied);
        }
      }
      await output.write(cipher.seal(chunk.subarray(0, fill), true));
      await file.sync();
      return output.result();
    } finally {
      await file.close();
      await syncFolder(dirname(this.options.path));
    }
  }
}

/** @throws FormatError from `line` and `finish` */
export function writePart(options: WritePartOptions): PartWriter {
  return new PartWriter(options);
}

/** A short text is not measured before it is written: three bytes a UTF-16 unit are always enough. */
function roomFor(text: string | Buffer): number {
  if (typeof text !== 'string') return text.length;
  return text.length <= BATCH_BYTES / 16 ? text.length * 3 : Buffer.byteLength(text);
}

class HashedFile {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  /** @param onFailure told first, because what the failure breaks off would be taken for the cause: a full disk for an abort */
  constructor(
    private readonly file: FileHandle,
    private readonly onFailure: (error: Error) => void,
  ) {}

  async write(buffers: Buffer[]): Promise<void> {
    for (const buffer of buffers) {
      this.hash.update(buffer);
      this.bytes += buffer.length;
    }
    try {
      let rest = buffers.filter((buffer) => buffer.length > 0);
      // A disk that is nearly full takes a part of it and says nothing; what is left is then refused aloud.
      while (rest.length > 0) rest = unwritten(rest, (await this.file.writev(rest)).bytesWritten);
    } catch (error) {
      this.onFailure(error as Error);
      throw error;
    }
  }

  result(): { bytes: number; sha256: string } {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

function unwritten(buffers: Buffer[], bytesWritten: number): Buffer[] {
  let taken = bytesWritten;
  return buffers.flatMap((buffer) => {
    const rest = buffer.subarray(Math.min(taken, buffer.length));
    taken -= buffer.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
