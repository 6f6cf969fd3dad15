import type { Readable } from 'node:stream';
import {
  BLOB_MAGIC_BYTES,
  BLOB_START_BYTES,
  decodeBlobHeader,
  isBlobMagic,
  sealedBlobBytes,
} from './blob-header.js';
import { FormatError, malformed } from './format.errors.js';
import { LIMITS } from './limits.js';
import { decodePartHeader, PART_MAGIC, type ObjectContext } from './part-header.js';

/** What a sealed object says of itself in clear. Nothing vouches for it until the object's digest was compared. */
export type SealedHeader =
  | { kind: 'part'; context: ObjectContext }
  | { kind: 'blob'; tenant: string; name: string; objectBytes: number };

/**
 * Reads the header of a part or an attachment, without any key.
 * @param source its first bytes; it is left as soon as the header has come
 * @throws FormatError where it is neither
 */
export async function readSealedHeader(source: Readable | AsyncIterable<unknown>): Promise<SealedHeader> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    const header = length >= BLOB_START_BYTES ? decode(Buffer.concat(pieces, length)) : null;
    if (header !== null) return header;
  }
  throw new FormatError('format.truncated', 'sealed object: cut off within its header');
}

/** null: more bytes are needed */
function decode(bytes: Buffer): SealedHeader | null {
  const magic = bytes.subarray(0, BLOB_MAGIC_BYTES);
  const isBlob = isBlobMagic(magic);
  if (!isBlob && !magic.equals(PART_MAGIC))
    throw malformed('sealed object: neither a part nor an attachment');
  const jsonBytes = bytes.readUInt32BE(BLOB_MAGIC_BYTES);
  if (jsonBytes > LIMITS.maxPartHeaderBytes) throw malformed('sealed object: its header is too long');
  const headerBytes = BLOB_START_BYTES + jsonBytes;
  if (bytes.length < headerBytes) return null;
  const json = bytes.subarray(BLOB_START_BYTES, headerBytes);
  if (isBlob) {
    const { tenant, name, bytes: plainBytes } = decodeBlobHeader(magic, json).header;
    return { kind: 'blob', tenant, name, objectBytes: sealedBlobBytes(headerBytes, plainBytes) };
  }
  const { tenant, generation, n, part } = decodePartHeader(json).header;
  return { kind: 'part', context: { tenant, generation, n, part } };
}
