const ID_WORDS = 4;
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
  private ids = new Uint32Array(FEWEST * ID_WORDS);
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
      this.keep(at, id);
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
    let at = spread(id) & mask;
    while (this.marks[at] !== FREE && !this.isAt(at, id)) at = (at + 1) & mask;
    return at;
  }

  /** Word by word: a call into C++ for sixteen bytes costs more than the rest of the search. */
  private isAt(at: number, id: Buffer): boolean {
    const { ids } = this;
    for (let word = 0; word < ID_WORDS; word += 1)
      if (ids[at * ID_WORDS + word] !== id.readUInt32BE(word * 4)) return false;
    return true;
  }

  private keep(at: number, id: Buffer): void {
    for (let word = 0; word < ID_WORDS; word += 1) this.ids[at * ID_WORDS + word] = id.readUInt32BE(word * 4);
  }

  private digestAt(at: number): Buffer {
    return this.digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
  }

  private rebuild(): void {
    const { marks, ids, digests, capacity } = this;
    this.capacity = this.size >= (capacity * FULLEST) / 2 ? capacity * 2 : capacity;
    this.marks = new Uint8Array(this.capacity);
    this.ids = new Uint32Array(this.capacity * ID_WORDS);
    this.digests = Buffer.alloc(this.capacity * DIGEST_BYTES);
    this.size = 0;
    this.filled = 0;
    const id = Buffer.alloc(ID_WORDS * 4);
    for (let at = 0; at < capacity; at += 1) {
      if (marks[at] !== USED) continue;
      for (let word = 0; word < ID_WORDS; word += 1)
        id.writeUInt32BE(ids[at * ID_WORDS + word] ?? 0, word * 4);
      this.put(id, digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES));
    }
  }
}

/** Ids may be numbered by hand or by time: all of their bits decide, and neighbours land far apart. */
function spread(id: Buffer): number {
  let hash = 0;
  for (let word = 0; word < ID_WORDS; word += 1) {
    hash = Math.imul(hash ^ id.readUInt32BE(word * 4), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
