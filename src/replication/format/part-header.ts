import { createHash } from 'node:crypto';
import { malformed } from './format.errors.js';
import { CHUNK_BYTES, LIMITS } from './limits.js';
import { object, oneOf, tenantName, text, whole } from './shape.js';
import { decodeBase64, parseExactJson } from './strict-encoding.js';

/** Where an object belongs. Part of the additional data of every sealed chunk, so objects cannot change places. */
export interface ObjectContext {
  tenant: string;
  generation: number;
  n: number;
  part: number;
}

export interface PartHeader extends ObjectContext {
  /** `zstd`; another codec would get another id here */
  codec: 'zstd';
  cipher: 'aes-256-gcm';
  /** plain bytes per chunk */
  chunk: number;
  /** base64 of an age v1 file whose content is the 32-byte data key */
  key: string;
}

export const PART_MAGIC = Buffer.from('HFPART1\n', 'latin1');
export { TAG_BYTES } from '../../platform/crypto/index.js';

const shape = object({
  codec: oneOf('zstd'),
  cipher: oneOf('aes-256-gcm'),
  chunk: whole(CHUNK_BYTES, CHUNK_BYTES),
  tenant: tenantName,
  generation: whole(1),
  n: whole(1),
  part: whole(0),
  key: text(/^[A-Za-z0-9+/]+={0,2}$/, 'base64', LIMITS.maxPartHeaderBytes),
});

/** magic ‖ u32be length ‖ JSON */
export function encodePartHeader(context: ObjectContext, wrappedKey: Uint8Array): Buffer {
  const { tenant, generation, n, part } = context;
  const key = Buffer.from(wrappedKey).toString('base64');
  const header: PartHeader = {
    codec: 'zstd',
    cipher: 'aes-256-gcm',
    chunk: CHUNK_BYTES,
    tenant,
    generation,
    n,
    part,
    key,
  };
  const json = Buffer.from(JSON.stringify(shape(header, 'part header')), 'utf8');
  if (json.length > LIMITS.maxPartHeaderBytes) throw malformed('part header: too many recipients');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([PART_MAGIC, length, json]);
}

export function decodePartHeader(json: Buffer): { header: PartHeader; wrappedKey: Buffer } {
  const header = shape(parseExactJson(json, 'part header'), 'part header');
  return { header, wrappedKey: decodeBase64(header.key, 'part header.key') };
}

export function hashPartHeader(encoded: Buffer): Buffer {
  return createHash('sha256').update(encoded).digest();
}
