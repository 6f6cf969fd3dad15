import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { FormatError, malformed } from './format.errors.js';

/** Hands out exactly `length` bytes, hashes them, and refuses a source that has fewer or more. */
export class ExactInput {
  remaining: number;
  private readonly hash: Hash = createHash('sha256');
  private readonly blocks: AsyncIterator<unknown>;
  private rest: Buffer = Buffer.alloc(0);

  /** @param what for messages: `part` or `blob` */
  constructor(
    source: Readable | Buffer,
    length: number,
    private readonly what: string,
  ) {
    this.remaining = length;
    this.blocks = (Buffer.isBuffer(source) ? Readable.from([source]) : source)[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    if (length > this.remaining) throw new FormatError('format.truncated', `${this.what}: cut off`);
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.rest.length === 0 && !(await this.pull()))
        throw new FormatError('format.truncated', `${this.what}: cut off`);
      const piece = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    this.remaining -= length;
    const [only] = pieces;
    const bytes = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, length);
    this.hash.update(bytes);
    return bytes;
  }

  /** @returns the digest of all bytes, in hex */
  async end(): Promise<string> {
    if (this.rest.length > 0 || (await this.pull())) throw malformed(`${this.what}: bytes after its end`);
    return this.hash.digest('hex');
  }

  /** A source that was left in the middle would keep its file or connection open. */
  async close(): Promise<void> {
    await this.blocks.return?.();
  }

  private async pull(): Promise<boolean> {
    for (;;) {
      const next = await this.blocks.next();
      if (next.done === true) return false;
      const block = next.value as Buffer;
      if (block.length > 0) {
        this.rest = block;
        return true;
      }
    }
  }
}
