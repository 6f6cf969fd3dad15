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
  /** of the first form only: base64 of an age v1 file whose content is the 32-byte data key */
  key?: string;
}

/**
 * The first form has its data key in the header, sealed to the recipients of its time. Objects of it are read, and no
 * longer made: whoever kept such a recipient's key could open them for as long as a copy lies somewhere.
 */
const KEYED_MAGIC = Buffer.from('HFBLOB1\n', 'latin1');
/** The second form has no key: that travels in a line of a sealed part, and anew with each generation. */
const BARE_MAGIC = Buffer.from('HFBLOB2\n', 'latin1');
export const BLOB_MAGIC_BYTES = BARE_MAGIC.length;
/** magic and length, which stand before the header */
export const BLOB_START_BYTES = BLOB_MAGIC_BYTES + 4;

const members = {
  codec: oneOf('none'),
  cipher: oneOf('aes-256-gcm'),
  chunk: whole(CHUNK_BYTES, CHUNK_BYTES),
  tenant: tenantName,
  name: objectName,
  bytes: whole(0, LIMITS.maxBlobBytes),
};
const bareShape = object(members);
const keyedShape = object({
  ...members,
  key: text(/^[A-Za-z0-9+/]+={0,2}$/, 'base64', LIMITS.maxPartHeaderBytes),
});

/**
 * magic ‖ u32be length ‖ JSON
 * @param wrappedKey only for an object of the first form
 */
export function encodeBlobHeader(
  { tenant, name }: BlobContext,
  bytes: number,
  wrappedKey: Uint8Array | null = null,
): Buffer {
  const bare = bareHeader({ tenant, name }, bytes);
  const header =
    wrappedKey === null
      ? bareShape(bare, 'blob header')
      : keyedShape({ ...bare, key: Buffer.from(wrappedKey).toString('base64') }, 'blob header');
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  if (json.length > LIMITS.maxPartHeaderBytes) throw malformed('blob header: too many recipients');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([wrappedKey === null ? BARE_MAGIC : KEYED_MAGIC, length, json]);
}

function bareHeader({ tenant, name }: BlobContext, bytes: number): BlobHeader {
  return { codec: 'none', cipher: 'aes-256-gcm', chunk: CHUNK_BYTES, tenant, name, bytes };
}

/** Whether an object that begins so is a sealed attachment, of either form. */
export function isBlobMagic(magic: Buffer): boolean {
  return magic.equals(BARE_MAGIC) || magic.equals(KEYED_MAGIC);
}

/**
 * @param magic the object's first bytes
 * @returns `wrappedKey` null where the key is not in the header
 * @throws FormatError
 */
export function decodeBlobHeader(
  magic: Buffer,
  json: Buffer,
): { header: BlobHeader; wrappedKey: Buffer | null } {
  const value = parseExactJson(json, 'blob header');
  if (magic.equals(BARE_MAGIC)) return { header: bareShape(value, 'blob header'), wrappedKey: null };
  const header = keyedShape(value, 'blob header');
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

/**
 * Length that an object without a key in its header has. One with a key is always longer, so a signed length tells the
 * two apart before a byte of the object was read.
 */
export function bareBlobBytes(context: BlobContext, plainBytes: number): number {
  const json = JSON.stringify(bareHeader(context, plainBytes));
  return sealedBlobBytes(BLOB_START_BYTES + Buffer.byteLength(json), plainBytes);
}
