import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BucketError,
  BucketUnavailable,
  ObjectTooLarge,
  type Bucket,
  type ByteRange,
  type ObjectInfo,
} from '../../platform/bucket/index.js';
import { timedExternalCall } from '../../platform/metrics/index.js';
import { FormatError, readSealedHeader, type SealedHeader } from '../format/index.js';
import type { Progress } from './progress.js';

const OPEN_TIMEOUT_MS = 300_000;
const ATTEMPTS = 4;
const PAUSE_MS = 500;

/** What is signed of an object's bytes. */
export interface ExpectedObject {
  bytes: number;
  sha256: string;
}

/** Reads objects as streams, counts what was read, and goes on where a connection broke off. */
export class ObjectReader {
  constructor(
    private readonly bucket: Bucket,
    readonly progress: Progress,
    private readonly signal: AbortSignal,
  ) {}

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    for await (const object of this.bucket.list(prefix)) {
      this.signal.throwIfAborted();
      yield object;
    }
  }

  /** A whole object of a kind that has an upper limit. @throws ObjectNotFound, ObjectTooLarge */
  async whole(key: string, maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of this.chunks(key)) {
      length += piece.length;
      if (length > maxBytes) throw new ObjectTooLarge(key, maxBytes);
      pieces.push(piece);
    }
    this.progress.objects += 1;
    return Buffer.concat(pieces, length);
  }

  /**
   * Compares every byte with what was signed.
   * @param listed the length that the listing gives, null where it is not known
   * @throws FormatError, ObjectNotFound
   */
  async compare(key: string, expect: ExpectedObject, listed: number | null): Promise<void> {
    this.progress.objects += 1;
    if (listed !== null && listed !== expect.bytes) throw wrongLength(listed, expect.bytes);
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of this.chunks(key)) {
      length += chunk.length;
      if (length > expect.bytes) break;
      hash.update(chunk);
    }
    if (length !== expect.bytes) throw wrongLength(length, expect.bytes);
    if (hash.digest('hex') !== expect.sha256)
      throw new FormatError('format.digest_mismatch', 'not the object that was signed: its SHA-256 differs');
  }

  /** @throws FormatError, ObjectNotFound */
  async header(key: string): Promise<SealedHeader> {
    const header = await readSealedHeader(this.chunks(key, { start: 0, end: 8 * 1024 - 1 })).catch(
      (error: unknown) => {
        if (!(error instanceof FormatError) || error.code !== 'format.truncated') throw error;
        return readSealedHeader(this.chunks(key)); // one with a great many recipients
      },
    );
    this.progress.objects += 1;
    return header;
  }

  /** The object's bytes; where the connection breaks, the rest is asked for anew. */
  async *chunks(key: string, range: ByteRange = {}): AsyncGenerator<Buffer> {
    let { start: at = 0 } = range;
    for (let failures = 0; ;) {
      try {
        for await (const chunk of await this.open(key, { ...range, start: at })) {
          this.signal.throwIfAborted();
          const bytes = chunk as Buffer;
          at += bytes.length;
          failures = 0;
          this.progress.read(bytes.length);
          yield bytes;
        }
        return;
      } catch (error) {
        this.signal.throwIfAborted();
        const failure = asBucketError(error);
        failures += 1;
        if (!(failure instanceof BucketUnavailable) || failures >= ATTEMPTS) throw failure;
        await sleep(PAUSE_MS * failures, undefined, { signal: this.signal });
      }
    }
  }

  private open(key: string, range: ByteRange) {
    this.signal.throwIfAborted();
    return timedExternalCall('bucket.stream', () => this.bucket.stream(key, range), {
      timeoutMs: OPEN_TIMEOUT_MS,
    });
  }
}

/** A folder's stream fails in the words of the file system. */
function asBucketError(error: unknown): unknown {
  const isSystems =
    error instanceof Error && !(error instanceof BucketError) && 'errno' in error && 'syscall' in error;
  return isSystems ? new BucketUnavailable('the object broke off', error) : error;
}

function wrongLength(actual: number, expected: number): FormatError {
  const message = `${String(actual)} bytes instead of ${String(expected)}`;
  return new FormatError(actual < expected ? 'format.truncated' : 'format.malformed', message);
}
