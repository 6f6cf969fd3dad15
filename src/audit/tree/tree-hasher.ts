import { EMPTY_ROOT, nodeHash } from './merkle.js';

/** A whole subtree: of 2^level leaves, the `index`-th of its size, from 0. */
export interface SubtreeHash {
  readonly level: number;
  readonly index: number;
  readonly hash: Buffer;
}

/** Levels whose whole subtrees are kept: 0 are the leaves, then every eighth. */
export const STORED_LEVELS = 8;

/** The whole subtrees that a tree of this size is made of, from the largest to the smallest. */
export function rightEdge(size: number): { level: number; index: number }[] {
  const edge: { level: number; index: number }[] = [];
  let from = 0;
  for (let level = 52; level >= 0; level--) {
    const width = 2 ** level;
    if (size - from < width) continue;
    edge.push({ level, index: from / width });
    from += width;
  }
  return edge;
}

/**
 * Grows a tree leaf by leaf and remembers its right edge only, so that its cost is that of the leaves added, however
 * large the tree is.
 */
export class TreeHasher {
  private readonly edge: { level: number; hash: Buffer }[];

  /** @param edge of the tree so far, as {@link rightEdge} names it */
  constructor(
    private count = 0,
    edge: readonly { level: number; hash: Buffer }[] = [],
  ) {
    this.edge = [...edge];
  }

  get size(): number {
    return this.count;
  }

  /** @returns the subtrees that became whole and are kept, the leaf itself left out */
  append(leaf: Buffer): SubtreeHash[] {
    this.count += 1;
    const whole: SubtreeHash[] = [];
    let top = { level: 0, hash: leaf };
    for (;;) {
      const left = this.edge.at(-1);
      if (left?.level !== top.level) break;
      this.edge.pop();
      top = { level: top.level + 1, hash: nodeHash(left.hash, top.hash) };
      if (top.level % STORED_LEVELS === 0) whole.push({ ...top, index: this.count / 2 ** top.level - 1 });
    }
    this.edge.push(top);
    return whole;
  }

  root(): Buffer {
    const hashes = this.edge.map(({ hash }) => hash);
    return (
      hashes.reduceRight<Buffer | null>((right, left) => (right ? nodeHash(left, right) : left), null) ??
      EMPTY_ROOT
    );
  }
}
