import { randomBytes } from 'node:crypto';
import type { Bucket } from './bucket.port.js';

const WRITERS = 8;

/**
 * Whether a listing shows at once what was just written, and no longer what was just removed. One try that fails
 * proves that it does not; tries that succeed are as much as can be had.
 */
export async function probeListing(bucket: Bucket): Promise<boolean> {
  const prefix = `probe/${randomBytes(16).toString('hex')}/`;
  const keys = Array.from({ length: WRITERS }, (_, index) => `${prefix}${String(index)}`);
  try {
    const seen = await Promise.all(
      keys.map(async (key) => {
        await bucket.put(key, Buffer.from('probe'));
        return (await keysUnder(bucket, prefix)).has(key);
      }),
    );
    await bucket.remove(keys);
    return seen.every(Boolean) && (await keysUnder(bucket, prefix)).size === 0;
  } finally {
    await bucket.remove(keys);
  }
}

async function keysUnder(bucket: Bucket, prefix: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { key } of bucket.list(prefix)) found.add(key);
  return found;
}
