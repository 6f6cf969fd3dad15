import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

interface Blocks {
  /** inner pad, type and zero byte, then room for rows */
  inner: Buffer;
  start: number;
  /** outer pad, then room for the inner digest */
  outer: Buffer;
}

const blocksOfKey = new WeakMap<Buffer, Map<string, Blocks>>();

/**
 * HMAC-SHA256(key, type ‖ 0x00 ‖ row), RFC 2104. The row is the exact text that PostgreSQL's `row_to_json` gave, which
 * is the canonical form on both sides, so it is never parsed for this. Written with two one-shot hashes, since
 * `createHmac` costs five times as much and this runs for every row; as texts of one byte a character, since a buffer made
 * by `hash` itself costs more than the hash.
 * @param key 32 bytes; not changed afterwards
 */
export function rowDigest(key: Buffer, type: string, row: string | Buffer): Buffer {
  const digest = Buffer.allocUnsafe(DIGEST_BYTES);
  const bytes = typeof row === 'string' ? Buffer.from(row, 'utf8') : row;
  digestRowInto(digest, key, type, bytes, 0, bytes.length);
  return digest;
}

/** As {@link rowDigest} of `source` from `start` to `end`, written over `target` (32 bytes): for rows by the million. */
export function digestRowInto(
  target: Buffer,
  key: Buffer,
  type: string,
  source: Buffer,
  start: number,
  end: number,
): void {
  const blocks = blocksFor(key, type);
  const filled = blocks.start + end - start;
  if (filled > blocks.inner.length)
    blocks.inner = Buffer.concat([blocks.inner.subarray(0, blocks.start)], filled * 2);
  source.copy(blocks.inner, blocks.start, start, end);
  blocks.outer.write(hash('sha256', blocks.inner.subarray(0, filled), 'binary'), BLOCK_BYTES, 'binary');
  target.write(hash('sha256', blocks.outer, 'binary'), 'binary');
}

function blocksFor(key: Buffer, type: string): Blocks {
  let ofKey = blocksOfKey.get(key);
  if (ofKey === undefined) blocksOfKey.set(key, (ofKey = new Map<string, Blocks>()));
  let blocks = ofKey.get(type);
  if (blocks === undefined) ofKey.set(type, (blocks = makeBlocks(key, type)));
  return blocks;
}

function makeBlocks(key: Buffer, type: string): Blocks {
  const { inner, outer } = hmacBlocks(key, type);
  const room = Buffer.concat([inner], inner.length + 4096);
  return { inner: room, start: inner.length, outer: Buffer.concat([outer], BLOCK_BYTES + DIGEST_BYTES) };
}

/**
 * The constant blocks of {@link rowDigest}: SHA-256(outer ‖ SHA-256(inner ‖ row)). With these PostgreSQL computes the
 * digests itself: its core has sha256() but no HMAC.
 */
export function hmacBlocks(key: Buffer, type: string): { inner: Buffer; outer: Buffer } {
  if (key.length > BLOCK_BYTES) throw new RangeError('a digest key has at most 64 bytes');
  const block = Buffer.alloc(BLOCK_BYTES);
  key.copy(block);
  const pad = (byte: number) => Buffer.from(block.map((value) => value ^ byte));
  return { inner: Buffer.concat([pad(0x36), Buffer.from(`${type}\0`, 'utf8')]), outer: pad(0x5c) };
}
