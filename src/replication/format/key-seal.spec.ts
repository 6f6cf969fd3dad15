import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeySeal } from './key-seal.js';

const secret = randomBytes(32);
const seal = new KeySeal(secret, 'test');
const name = 'b/1/aa-bb';
const dataKey = randomBytes(32);

describe('a kept data key', () => {
  it('is opened by the same secret, and seals differently each time', () => {
    const sealed = seal.seal(name, dataKey);
    expect(new KeySeal(secret, 'test').open(name, sealed).equals(dataKey)).toBe(true);
    expect(seal.seal(name, dataKey).equals(sealed)).toBe(false);
    expect(sealed.includes(dataKey)).toBe(false);
  });

  it('is refused with another secret, purpose or name, changed, cut off or of another length', () => {
    const sealed = seal.seal(name, dataKey);
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    const attempts = [
      () => new KeySeal(randomBytes(32), 'test').open(name, sealed),
      () => new KeySeal(secret, 'other').open(name, sealed),
      () => seal.open('b/1/aa-cc', sealed),
      () => seal.open(name, changed),
      () => seal.open(name, sealed.subarray(0, -1)),
      () => seal.open(name, Buffer.alloc(0)),
      () => seal.open(name, seal.seal(name, dataKey.subarray(1))),
    ];
    for (const attempt of attempts)
      expect(attempt).toThrow(expect.objectContaining({ code: 'format.key_missing' }));
  });
});
