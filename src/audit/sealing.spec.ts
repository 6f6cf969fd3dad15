import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { open, openPayload, seal, sealPayload } from './sealing.js';

const key = randomBytes(32);

describe('sealing', () => {
  it('opens only with the same key, in the same place, unaltered', () => {
    const box = seal(key, Buffer.from('value'), 'leaf-1');
    expect(open(key, box, 'leaf-1').toString()).toBe('value');
    expect(() => open(randomBytes(32), box, 'leaf-1')).toThrow();
    expect(() => open(key, box, 'leaf-2')).toThrow();
    for (let at = 0; at < box.length; at++) {
      const altered = Buffer.from(box);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => open(key, altered, 'leaf-1')).toThrow();
    }
    expect(() => open(key, box.subarray(0, 20), 'leaf-1')).toThrow();
  });

  it('commits to the payload without telling it: equal payloads have different commitments', () => {
    const one = sealPayload(key, { a: 1 }, 'leaf');
    const two = sealPayload(key, { a: 1 }, 'leaf');
    expect(one.commitment).not.toEqual(two.commitment);
    expect(openPayload(key, one.ciphertext, one.commitment, 'leaf')).toEqual({ a: 1 });
    expect(() => openPayload(key, one.ciphertext, two.commitment, 'leaf')).toThrow('commitment differs');
  });
});
