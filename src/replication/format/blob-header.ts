import { malformed } from './format.errors.js';
import { CHUNK_BYTES, LIMITS } from './limits.js';
import { TAG_BYTES } from './part-header.js';
import { object, objectName, oneOf, tenantName, text, whole } from './shape.js';
import { decodeBase64, parseExactJson } from './strict-encoding.js';

/** Where a sealed attachment belongs. Part of the additional data of every chunk, so objects cannot change places. */
export interface BlobContext {
  tenant: string;
  /** object key: `b/<key version>/<name>-<nonce>` */
  name: string;
}

export interface BlobHeader extends BlobContext {
  /** attachments are mostly compressed already, and a range can only be read of what is not */
  codec: 'none';
  cipher: 'aes-256-gcm';
  /** plain bytes per chunk */
  chunk: number;
  /** plain length of the whole file */
  bytes: number;
  /** base64 of an age v1 file whose content is the 32-byte data key */
  key: string;
}

export const BLOB_MAGIC = Buffer.from('HFBLOB1\n', 'latin1');
/** magic and length, which stand before the header */
export const BLOB_START_BYTES = BLOB_MAGIC.length + 4;

const shape = object({
  codec: oneOf('none'),
  cipher: oneOf('aes-256-gcm'),
  chunk: whole(CHUNK_BYTES, CHUNK_BYTES),
  tenant: tenantName,
  name: objectName,
  bytes: whole(0, LIMITS.maxBlobBytes),
  key: text(/^[A-Za-z0-9+/]+={0,2}$/, 'base64', LIMITS.maxPartHeaderBytes),
});

/** magic ‖ u32be length ‖ JSON */
export function encodeBlobHeader(context: BlobContext, bytes: number, wrappedKey: Uint8Array): Buffer {
  const { tenant, name } = context;
  const key = Buffer.from(wrappedKey).toString('base64');
  const header: BlobHeader = {
    codec: 'none',
    cipher: 'aes-256-gcm',
    chunk: CHUNK_BYTES,
    tenant,
    name,
    bytes,
    key,
  };
  const json = Buffer.from(JSON.stringify(shape(header, 'blob header')), 'utf8');
  if (json.length > LIMITS.maxPartHeaderBytes) throw malformed('blob header: too many recipients');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([BLOB_MAGIC, length, json]);
}

export function decodeBlobHeader(json: Buffer): { header: BlobHeader; wrappedKey: Buffer } {
  const header = shape(parseExactJson(json, 'blob header'), 'blob header');
  return { header, wrappedKey: decodeBase64(header.key, 'blob header.key') };
}

/** Chunks of a file; an empty one has one, which is empty too. */
export function chunksOf(plainBytes: number): number {
  return Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));
}

/** Length of the object. @param headerBytes magic and length included */
export function sealedBlobBytes(headerBytes: number, plainBytes: number): number {
  return headerBytes + plainBytes + chunksOf(plainBytes) * TAG_BYTES;
}
