import { BUFFERS_OF_UPLOAD, USUAL_PART_BYTES } from './part-sizes.js';

const IDLE_MS = 10_000;

/**
 * Buffers of the usual length, kept from one upload to the next. Made anew for every file they would be rubbish outside
 * V8's heap by the dozen megabytes, and each time enough of it has come together V8 looks through the whole heap.
 */
export class PartBuffers {
  private readonly free: Buffer[] = [];
  private readonly most: number;
  private idle: NodeJS.Timeout | null = null;

  /** @param uploads that run at once */
  constructor(uploads: number) {
    this.most = uploads * BUFFERS_OF_UPLOAD;
  }

  /** With whatever was in it before. */
  take(bytes: number): Buffer {
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = null;
    const kept = bytes === USUAL_PART_BYTES ? this.free.pop() : undefined;
    return kept ?? Buffer.allocUnsafeSlow(bytes);
  }

  giveBack(buffers: readonly Buffer[]): void {
    const usual = buffers.filter((buffer) => buffer.length === USUAL_PART_BYTES);
    this.free.push(...usual.slice(0, this.most - this.free.length));
    if (this.idle !== null) clearTimeout(this.idle);
    // nothing to send: the memory goes back
    this.idle = setTimeout(() => this.free.splice(0), IDLE_MS).unref();
  }
}
