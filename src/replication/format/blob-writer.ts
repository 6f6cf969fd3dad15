import { randomBytes } from 'node:crypto';
import { MemoryTide } from '../../platform/memory/index.js';
import { encodeBlobHeader, type BlobContext } from './blob-header.js';
import { ChunkCipher } from './chunk-cipher.js';
import { FormatError, malformed } from './format.errors.js';
import { CHUNK_BYTES } from './limits.js';
import { hashPartHeader } from './part-header.js';

/**
 * How one object is sealed. From the same plan and the same file come the same bytes, so an upload that a crash cut off
 * can go on where it was. Never use one plan for two contents: the nonces are counters.
 */
export interface BlobPlan {
  /** 32 bytes, of this object alone */
  dataKey: Buffer;
  /** the object's first bytes: magic, length, header */
  header: Buffer;
  /** of the file */
  plainBytes: number;
}

/** A fresh data key, and a header for this place that does not have it: see `keyLine`. */
export function planBlob(context: BlobContext, plainBytes: number): BlobPlan {
  return { dataKey: randomBytes(32), header: encodeBlobHeader(context, plainBytes), plainBytes };
}

/**
 * The object's bytes, in pieces of at most a chunk. Memory stays at two chunks whatever the size.
 * @throws FormatError where the source is shorter or longer than planned
 */
export async function* sealBlob(plan: BlobPlan, source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield plan.header;
  const cipher = new ChunkCipher(plan.dataKey, hashPartHeader(plan.header));
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let fill = 0;
  let left = plan.plainBytes;
  const tide = new MemoryTide(true);
  for await (const block of source) {
    left -= block.length;
    tide.pass(2 * block.length);
    if (left < 0) throw malformed('blob: the file is longer than planned');
    for (let rest = block; rest.length > 0;) {
      // Only when more follows is a full chunk known not to be the last.
      if (fill === CHUNK_BYTES) {
        yield* cipher.seal(chunk, false);
        fill = 0;
      }
      if (fill === 0 && rest.length >= CHUNK_BYTES && (left > 0 || rest.length > CHUNK_BYTES)) {
        yield* cipher.seal(rest.subarray(0, CHUNK_BYTES), false);
        rest = rest.subarray(CHUNK_BYTES);
      } else {
        const copied = rest.copy(chunk, fill);
        fill += copied;
        rest = rest.subarray(copied);
      }
    }
  }
  if (left > 0) throw new FormatError('format.truncated', 'blob: the file is shorter than planned');
  yield* cipher.seal(chunk.subarray(0, fill), true);
}
