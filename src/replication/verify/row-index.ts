const ID_BYTES = 16;
const DIGEST_BYTES = 32;
const FEWEST = 1024;
/** Above this share of used places the table doubles. */
const FULLEST = 0.7;
const [FREE, USED, REMOVED] = [0, 1, 2];

/**
 * Row digests by row id. A Map takes some 300 bytes for a row; this one takes 49 and the free places, so that a state
 * of millions of rows can be followed on an ordinary machine.
 */
export class RowIndex {
  size = 0;
  private filled = 0;
  private capacity = FEWEST;
  private marks = new Uint8Array(FEWEST);
  private ids = Buffer.alloc(FEWEST * ID_BYTES);
  private digests = Buffer.alloc(FEWEST * DIGEST_BYTES);

  /** How many rows there is room for, about. */
  get places(): number {
    return this.capacity;
  }

  /** @returns the digest that stood there before, to be used before the next call */
  put(id: Buffer, digest: Buffer): Buffer | null {
    if (this.filled >= this.capacity * FULLEST) this.rebuild();
    const at = this.find(id);
    const before = this.marks[at] === USED ? Buffer.from(this.digestAt(at)) : null;
    if (before === null) {
      if (this.marks[at] === FREE) this.filled += 1;
      this.marks[at] = USED;
      this.size += 1;
      id.copy(this.ids, at * ID_BYTES);
    }
    digest.copy(this.digests, at * DIGEST_BYTES);
    return before;
  }

  /** @returns the digest of the row that was removed, null where there was none */
  remove(id: Buffer): Buffer | null {
    const at = this.find(id);
    if (this.marks[at] !== USED) return null;
    this.marks[at] = REMOVED;
    this.size -= 1;
    return Buffer.from(this.digestAt(at));
  }

  /** Where the id stands, or the free place where it would have to be looked for last. */
  private find(id: Buffer): number {
    const mask = this.capacity - 1;
    // the end of a UUID is random in every version that is in use
    let at = id.readUInt32BE(ID_BYTES - 4) & mask;
    while (this.marks[at] !== FREE && !this.isAt(at, id)) at = (at + 1) & mask;
    return at;
  }

  private isAt(at: number, id: Buffer): boolean {
    return id.compare(this.ids, at * ID_BYTES, (at + 1) * ID_BYTES) === 0;
  }

  private digestAt(at: number): Buffer {
    return this.digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
  }

  private rebuild(): void {
    const { marks, ids, digests, capacity } = this;
    this.capacity = this.size >= (capacity * FULLEST) / 2 ? capacity * 2 : capacity;
    this.marks = new Uint8Array(this.capacity);
    this.ids = Buffer.alloc(this.capacity * ID_BYTES);
    this.digests = Buffer.alloc(this.capacity * DIGEST_BYTES);
    this.size = 0;
    this.filled = 0;
    for (let at = 0; at < capacity; at += 1) {
      if (marks[at] !== USED) continue;
      this.put(
        ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES),
        digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
      );
    }
  }
}
