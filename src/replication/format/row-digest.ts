import { createHmac } from 'node:crypto';

const separator = Buffer.from([0]);

/**
 * HMAC-SHA256(key, type ‖ 0x00 ‖ row). The row is the exact text that PostgreSQL's `row_to_json` gave, which is the
 * canonical form on both sides, so it is never parsed for this.
 */
export function rowDigest(key: Buffer, type: string, row: string | Buffer): Buffer {
  return createHmac('sha256', key).update(type, 'utf8').update(separator).update(row).digest();
}
