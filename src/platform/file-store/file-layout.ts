import { createHash } from 'node:crypto';
import { TAG_BYTES } from '../crypto/index.js';

// magic ‖ u32be plain bytes per chunk ‖ sealed chunks. All chunks but the last are full, and only an empty file has an
// empty one, so the plain length follows from the length on disk, and the place of every byte from its number.

/** plain bytes in every chunk but the last */
export const CHUNK_BYTES = 256 * 1024;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

export const HEADER = Buffer.concat([Buffer.from('HFFILE1\n', 'latin1'), u32(CHUNK_BYTES)]);
export const HEADER_HASH = createHash('sha256').update(HEADER).digest();

export const chunksOf = (plainBytes: number): number => Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));

/** Length on disk of a file of so many plain bytes. */
export const sealedBytes = (plainBytes: number): number =>
  HEADER.length + plainBytes + chunksOf(plainBytes) * TAG_BYTES;

/** Where a chunk begins on disk. @param index 0 for the first */
export const chunkOffset = (index: number): number => HEADER.length + index * SEALED_CHUNK_BYTES;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
