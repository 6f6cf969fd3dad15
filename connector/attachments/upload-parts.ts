import { createHash } from 'node:crypto';
import type { Bucket, PartTag, UploadedPart } from '../../src/platform/bucket/index.js';
import { CannotResume } from './attachments.errors.js';
import type { PartBuffers } from './part-buffers.js';
import { BUFFERS_OF_UPLOAD } from './part-sizes.js';

export interface PartSenderOptions {
  bucket: Bucket;
  key: string;
  uploadId: string;
  partBytes: number;
  /** what arrived before a crash */
  arrived: readonly UploadedPart[];
  /** where the memory of the parts comes from, and goes back to */
  buffers: PartBuffers;
  /** called before a part is sent; waits for the bandwidth cap, stops where the upload must */
  beforeSend: (bytes: number) => Promise<void>;
  /** after a part has arrived, or was found there */
  onArrived: (bytes: number) => Promise<void>;
}

/**
 * Cuts a stream into parts and sends those that have not arrived. The buffers are used in turn, so the memory of an
 * upload is three parts whatever the file's size. {@link settle} must be called in the end.
 */
export class PartSender {
  private readonly buffers: Buffer[];
  private readonly busy = new Map<Buffer, Promise<void>>();
  private readonly arrived: Map<number, UploadedPart>;
  private readonly tags: PartTag[] = [];
  private current: Buffer | null = null;
  private fill = 0;
  private number = 0;
  private failure: Error | null = null;

  constructor(private readonly options: PartSenderOptions) {
    const { buffers, partBytes } = options;
    this.buffers = Array.from({ length: BUFFERS_OF_UPLOAD }, () => buffers.take(partBytes));
    this.arrived = new Map(options.arrived.map((part) => [part.partNumber, part]));
  }

  async write(piece: Buffer): Promise<void> {
    for (let rest = piece; rest.length > 0;) {
      const buffer = (this.current ??= await this.freeBuffer());
      const copied = rest.copy(buffer, this.fill);
      this.fill += copied;
      rest = rest.subarray(copied);
      if (this.fill === buffer.length) await this.close();
    }
  }

  /** Everything has arrived when this resolves. @returns the parts in order */
  async finish(): Promise<PartTag[]> {
    if (this.fill > 0) await this.close();
    await Promise.all(this.busy.values());
    if (this.failure !== null) throw this.failure;
    return this.tags.sort((a, b) => a.partNumber - b.partNumber);
  }

  /** In the end, however it went: gives the buffers back once nothing reads from them any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.busy.values());
    this.options.buffers.giveBack(this.buffers.splice(0));
  }

  private async freeBuffer(): Promise<Buffer> {
    for (;;) {
      if (this.failure !== null) throw this.failure;
      const free = this.buffers.find((buffer) => !this.busy.has(buffer));
      if (free !== undefined) return free;
      await Promise.race(this.busy.values());
    }
  }

  private async close(): Promise<void> {
    const buffer = this.current;
    if (buffer === null) return;
    const body = buffer.subarray(0, this.fill);
    this.current = null;
    this.fill = 0;
    this.number += 1;
    const partNumber = this.number;
    const there = this.arrived.get(partNumber);
    if (there !== undefined) {
      assertSame(there, body);
      this.tags.push(there);
      await this.options.onArrived(body.length);
      return;
    }
    await this.options.beforeSend(body.length);
    const sending = this.send(partNumber, body)
      .catch((error: unknown) => {
        this.failure ??=
          error instanceof Error ? error : new Error('sending a part failed', { cause: error });
      })
      .finally(() => this.busy.delete(buffer));
    this.busy.set(buffer, sending);
  }

  private async send(partNumber: number, body: Buffer): Promise<void> {
    const { bucket, key, uploadId, onArrived } = this.options;
    const { etag } = await bucket.uploadPart(key, uploadId, partNumber, body);
    this.tags.push({ partNumber, etag });
    await onArrived(body.length);
  }
}

/**
 * A part that arrived must be the very bytes that would be sent now. Both usual kinds of tag are digests; with any
 * other there is no proof, and sending other bytes under the same key would give away what both have in common.
 * @throws CannotResume
 */
function assertSame({ bytes, etag }: UploadedPart, body: Buffer): void {
  const tag = etag.replaceAll('"', '').toLowerCase();
  const algorithm = tag.length === 64 ? 'sha256' : 'md5';
  const isSame = bytes === body.length && createHash(algorithm).update(body).digest('hex') === tag;
  if (!isSame) throw new CannotResume();
}
