import { malformed } from './format.errors.js';

const LIMBS = 8;
const LIMB = 2 ** 32;

/**
 * Sum of row digests modulo 2^256: an order-free checksum of a set of rows that costs what changed, not what there is
 * (Bellare & Micciancio 1997, AdHASH). Its inputs are keyed digests, so nobody without the key can steer the sum.
 * Eight 32-bit limbs in doubles: ten times faster than BigInt, and no carry is lost below 2^53.
 */
export class MultisetHash {
  /** least significant first */
  private readonly limbs = new Float64Array(LIMBS);

  /** @param hex 64 digits, most significant first */
  static from(hex: string): MultisetHash {
    if (!/^[0-9a-f]{64}$/.test(hex)) throw malformed('checksum: expected 64 lower-case hex digits');
    const result = new MultisetHash();
    result.add(Buffer.from(hex, 'hex'));
    return result;
  }

  add(digest: Buffer): void {
    let carry = 0;
    for (let index = 0; index < LIMBS; index += 1) {
      const sum = (this.limbs[index] ?? 0) + digest.readUInt32BE(28 - 4 * index) + carry;
      carry = sum >= LIMB ? 1 : 0;
      this.limbs[index] = sum - carry * LIMB;
    }
  }

  subtract(digest: Buffer): void {
    let borrow = 0;
    for (let index = 0; index < LIMBS; index += 1) {
      const rest = (this.limbs[index] ?? 0) - digest.readUInt32BE(28 - 4 * index) - borrow;
      borrow = rest < 0 ? 1 : 0;
      this.limbs[index] = rest + borrow * LIMB;
    }
  }

  toHex(): string {
    const bytes = Buffer.alloc(32);
    this.limbs.forEach((limb, index) => bytes.writeUInt32BE(limb, 28 - 4 * index));
    return bytes.toString('hex');
  }
}
