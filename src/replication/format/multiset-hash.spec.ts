import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MultisetHash } from './multiset-hash.js';
import { rowDigest } from './row-digest.js';

const MODULUS = 1n << 256n;
const reference = (digests: Buffer[]) =>
  (digests.reduce((sum, digest) => sum + BigInt(`0x${digest.toString('hex')}`), 0n) % MODULUS)
    .toString(16)
    .padStart(64, '0');

describe('MultisetHash', () => {
  it('equals the sum modulo 2^256, carries and overflow included', () => {
    const digests = [
      ...Array.from({ length: 500 }, () => randomBytes(32)),
      Buffer.alloc(32, 0xff),
      Buffer.alloc(32, 0xff),
    ];
    const hash = new MultisetHash();
    digests.forEach((digest) => {
      hash.add(digest);
    });
    expect(hash.toHex()).toBe(reference(digests));
  });

  it('is the same in any order and comes back to zero when all is taken out again', () => {
    const digests = Array.from({ length: 100 }, () => randomBytes(32));
    const [one, other] = [new MultisetHash(), new MultisetHash()];
    digests.forEach((digest) => {
      one.add(digest);
    });
    digests.toReversed().forEach((digest) => {
      other.add(digest);
    });
    expect(other.toHex()).toBe(one.toHex());
    digests.forEach((digest) => {
      one.subtract(digest);
    });
    expect(one.toHex()).toBe('0'.repeat(64));
  });

  it('tells one row twice from one row once', () => {
    const digest = randomBytes(32);
    const hash = new MultisetHash();
    hash.add(digest);
    const once = hash.toHex();
    hash.add(digest);
    expect(hash.toHex()).not.toBe(once);
  });

  it('goes on from a stored value', () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const hash = MultisetHash.from(reference([first]));
    hash.add(second);
    expect(hash.toHex()).toBe(reference([first, second]));
    expect(() => MultisetHash.from('AB'.repeat(32))).toThrow('lower-case');
  });
});

describe('rowDigest', () => {
  it('is an HMAC over type, a zero byte and the row text', () => {
    const key = randomBytes(32);
    const expected = createHmac('sha256', key).update('deal\u0000{"a":"é"}', 'utf8').digest();
    expect(rowDigest(key, 'deal', '{"a":"é"}')).toEqual(expected);
    expect(rowDigest(key, 'deal', Buffer.from('{"a":"é"}'))).toEqual(expected);
    for (const row of ['', 'x'.repeat(10_000), '{"a":"é"}']) {
      for (const type of ['deal', 'account']) {
        const reference = createHmac('sha256', key).update(`${type}\u0000${row}`, 'utf8').digest();
        expect(rowDigest(key, type, row)).toEqual(reference);
      }
    }
  });
});
