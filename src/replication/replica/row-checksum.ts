import { createHash } from 'node:crypto';

const BLOCK_BYTES = 64;
const MODULUS = 1n << 256n;

/**
 * The two constant blocks of HMAC-SHA256 (RFC 2104) over `type ‖ 0x00 ‖ row`. PostgreSQL's core has sha256() but no
 * HMAC, and pgcrypto may not be there; with these it computes the digests itself, where the rows are.
 */
export function hmacBlocks(keyHex: string, type: string): { inner: Buffer; outer: Buffer } {
  const given = Buffer.from(keyHex, 'hex');
  const key = Buffer.alloc(BLOCK_BYTES);
  (given.length > BLOCK_BYTES ? createHash('sha256').update(given).digest() : given).copy(key);
  const pad = (byte: number) => Buffer.from(key.map((value) => value ^ byte));
  return {
    inner: Buffer.concat([pad(0x36), Buffer.from(type, 'utf8'), Buffer.from([0])]),
    outer: pad(0x5c),
  };
}

/** Count and the sums of eight 32-bit limbs; OFFSET 0 keeps the planner from computing each digest eight times. */
export function checksumSql(rows: string, innerParameter: string, outerParameter: string): string {
  const limbs = Array.from(
    { length: 8 },
    (_, index) => `coalesce(sum(('x' || substr(h, ${String(index * 8 + 1)}, 8))::bit(32)::bigint), 0)::text`,
  );
  return `SELECT count(*)::text AS count, ARRAY[${limbs.join(', ')}] AS limbs FROM (
    SELECT encode(sha256(${outerParameter}::bytea || sha256(${innerParameter}::bytea
      || convert_to(row_to_json(r)::text, 'UTF8'))), 'hex') AS h FROM (${rows}) r OFFSET 0) digests`;
}

export interface ChecksumRow {
  count: string;
  limbs: string[];
}

export interface RowSum {
  count: number;
  sum: bigint;
}

export function toRowSum(row: ChecksumRow | undefined): RowSum {
  const limbs = row?.limbs ?? [];
  const sum = limbs.reduce((total, limb) => (total << 32n) + BigInt(limb), 0n);
  return { count: Number(row?.count ?? 0), sum: sum % MODULUS };
}

/** State after taking `removed` out and putting `added` in. */
export function afterChange(
  before: { count: number; checksum: string },
  removed: RowSum,
  added: RowSum,
): { count: number; checksum: string } {
  const sum = (BigInt(`0x${before.checksum}`) - removed.sum + added.sum + MODULUS) % MODULUS;
  return { count: before.count - removed.count + added.count, checksum: sum.toString(16).padStart(64, '0') };
}
