// Proofs of RFC 6962 section 2.1, as the ranges of leaves whose hashes they consist of. How a range's hash comes out of
// what is stored is `hashOfRange`'s matter.
import { nodeHash, splitPoint } from './merkle.js';
import { STORED_LEVELS } from './tree-hasher.js';

/** Leaves `from` to `to - 1`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The audit path of a leaf in a tree of `size` leaves, in the order in which a verifier takes it. */
export function inclusionRanges(index: number, size: number, from = 0): LeafRange[] {
  if (size === 1) return [];
  const middle = from + splitPoint(size);
  const to = from + size;
  return index < middle
    ? [...inclusionRanges(index, middle - from, from), { from: middle, to }]
    : [...inclusionRanges(index, to - middle, middle), { from, to: middle }];
}

/** That a tree of `first` leaves is the beginning of one of `second` leaves; both at least 1. */
export function consistencyRanges(first: number, second: number): LeafRange[] {
  return subproof(first, { from: 0, to: second }, true);
}

function subproof(first: number, { from, to }: LeafRange, isKnown: boolean): LeafRange[] {
  if (first === to) return isKnown ? [] : [{ from, to }];
  const middle = from + splitPoint(to - from);
  return first <= middle
    ? [...subproof(first, { from, to: middle }, isKnown), { from: middle, to }]
    : [...subproof(first, { from: middle, to }, false), { from, to: middle }];
}

/** Looks up the hash of a whole subtree of a stored level. */
export type SubtreeLookup = (level: number, index: number) => Buffer;

/** The hash of a range that the tree's shape knows: the whole tree, or one that a proof names. */
export function hashOfRange({ from, to }: LeafRange, lookup: SubtreeLookup): Buffer {
  const level = Math.round(Math.log2(to - from));
  if (level % STORED_LEVELS === 0 && 2 ** level === to - from) return lookup(level, from / 2 ** level);
  const middle = from + splitPoint(to - from);
  return nodeHash(hashOfRange({ from, to: middle }, lookup), hashOfRange({ from: middle, to }, lookup));
}
