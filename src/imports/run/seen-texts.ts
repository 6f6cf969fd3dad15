import { hash } from 'node:crypto';

const firstSlots = 1024;

/**
 * Remembers which texts came before, in 16 to 32 bytes each: a file may have millions of rows. It keeps 64 bits of a hash;
 * of a million texts, two look alike once in thirty million files.
 */
export class SeenTexts {
  private slots = new BigUint64Array(firstSlots);
  private size = 0;

  /** @returns whether the text is new */
  add(text: string): boolean {
    const added = insert(this.slots, fingerprint(text));
    if (added && ++this.size * 2 > this.slots.length) this.grow();
    return added;
  }

  private grow(): void {
    const larger = new BigUint64Array(this.slots.length * 2);
    for (const known of this.slots) if (known !== 0n) insert(larger, known);
    this.slots = larger;
  }
}

function insert(slots: BigUint64Array, value: bigint): boolean {
  const mask = slots.length - 1;
  for (let at = Number(value & 0xffff_ffffn) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === value) return false;
    if (slots[at] !== 0n) continue;
    slots[at] = value;
    return true;
  }
}

/** Never 0, which marks an empty slot. */
function fingerprint(text: string): bigint {
  const value = hash('sha1', text, 'buffer').readBigUInt64LE();
  return value === 0n ? 1n : value;
}
