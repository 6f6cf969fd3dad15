import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hmacBlocks, rowDigest } from '../format/index.js';
import { afterChange, toRowSum } from './row-checksum.js';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

describe('row checksum', () => {
  it('computes the same HMAC from two plain hashes', () => {
    const key = Buffer.alloc(32, 7);
    const { inner, outer } = hmacBlocks(key, 'deal');
    const digest = sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, Buffer.from('{"a":1}')]))]));
    expect(digest).toEqual(rowDigest(key, 'deal', '{"a":1}'));
  });

  it('carries limbs over and wraps below zero', () => {
    const all = toRowSum({ count: '2', limbs: ['1', ...Array.from({ length: 7 }, () => String(2 ** 33))] });
    expect(all.sum).toBe(Array.from({ length: 7 }).reduce<bigint>((sum) => (sum << 32n) + 2n ** 33n, 1n));
    const after = afterChange(
      { count: 1, checksum: '0'.repeat(63) + '1' },
      { count: 1, sum: 2n },
      { count: 0, sum: 0n },
    );
    expect(after).toEqual({ count: 0, checksum: 'f'.repeat(64) });
  });
});
