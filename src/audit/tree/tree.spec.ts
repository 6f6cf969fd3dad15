import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isConsistent, isIncluded } from '../../../test/support/merkle-checks.js';
import { EMPTY_ROOT, leafHash } from './merkle.js';
import { consistencyRanges, hashOfRange, inclusionRanges, type LeafRange } from './ranges.js';
import { rightEdge, STORED_LEVELS, TreeHasher } from './tree-hasher.js';

/** The leaves and roots that implementations of RFC 6962 are compared by; the n-th root is that of the first n leaves. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Any tree's leaf: what is in it does not matter. */
const leafAt = (index: number): Buffer => createHash('sha256').update(String(index)).digest();

/** A tree as it is stored: its leaves and the subtrees that are kept. */
function grow(size: number): { tree: TreeHasher; stored: Map<string, Buffer>; roots: Buffer[] } {
  const tree = new TreeHasher();
  const stored = new Map<string, Buffer>();
  const seen = [tree.root()];
  for (let index = 0; index < size; index += 1) {
    stored.set(`0/${index}`, leafAt(index));
    for (const { level, index: at, hash } of tree.append(leafAt(index))) stored.set(`${level}/${at}`, hash);
    seen.push(tree.root());
  }
  return { tree, stored, roots: seen };
}

const largest = 1_400;
const { stored, roots: seen, tree } = grow(largest);
const lookup = (level: number, index: number): Buffer => {
  const hash = stored.get(`${level}/${index}`);
  if (!hash) throw new RangeError(`asked for ${level}/${index}, which is not stored`);
  return hash;
};
const hashes = (ranges: readonly LeafRange[]): Buffer[] => ranges.map((range) => hashOfRange(range, lookup));
const rootOf = (size: number): Buffer => seen[size] ?? EMPTY_ROOT;
const anySize = fc.integer({ min: 1, max: largest });

describe('the tree', () => {
  it('has the roots of RFC 6962', () => {
    const own = new TreeHasher();
    const found = [own.root().toString('hex')];
    for (const leaf of leaves) {
      own.append(leafHash(Buffer.from(leaf, 'hex')));
      found.push(own.root().toString('hex'));
    }
    expect(found).toEqual(roots);
    expect(EMPTY_ROOT.toString('hex')).toBe(roots[0]);
  });

  it('keeps the whole subtrees of every eighth level and no other', () => {
    const levels = [...stored.keys()].map((name) => Number(name.split('/')[0]));
    expect(levels.filter((level) => level === STORED_LEVELS)).toHaveLength(Math.floor(largest / 256));
    expect(Math.max(...levels)).toBe(STORED_LEVELS);
    expect(tree.root()).toEqual(hashOfRange({ from: 0, to: largest }, lookup));
  });

  it('goes on from its right edge as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: largest }), (size) => {
        const edge = rightEdge(size).map(({ level, index }) => ({
          level,
          hash: hashOfRange({ from: index * 2 ** level, to: (index + 1) * 2 ** level }, lookup),
        }));
        const resumed = new TreeHasher(size, edge);
        expect(resumed.root()).toEqual(rootOf(size));
        for (let index = size; index < Math.min(size + 40, largest); index += 1) {
          resumed.append(leafAt(index));
          expect(resumed.root()).toEqual(rootOf(index + 1));
        }
      }),
    );
  });
});

describe('proofs', () => {
  it('convince of every leaf in every tree, and of no other leaf, place, size or root', () => {
    fc.assert(
      fc.property(anySize, fc.nat(), fc.nat(), (size, seed, other) => {
        const index = seed % size;
        const path = hashes(inclusionRanges(index, size));
        expect(isIncluded(leafAt(index), index, size, path, rootOf(size))).toBe(true);
        expect(isIncluded(leafAt(index + 1), index, size, path, rootOf(size))).toBe(false);
        expect(isIncluded(leafAt(index), index, size, path, rootOf(size - 1))).toBe(false);
        const elsewhere = other % size;
        if (elsewhere !== index)
          expect(isIncluded(leafAt(index), elsewhere, size, path, rootOf(size))).toBe(false);
        if (path.length > 0) {
          const broken = [...path];
          broken[other % path.length] = leafAt(largest + 1);
          expect(isIncluded(leafAt(index), index, size, broken, rootOf(size))).toBe(false);
          expect(isIncluded(leafAt(index), index, size, path.slice(1), rootOf(size))).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('convince that a tree begins with a smaller one, and never that it begins with another', () => {
    fc.assert(
      fc.property(anySize, anySize, fc.nat(), (a, b, at) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const proof = hashes(consistencyRanges(first, second));
        const [old, young] = [
          { size: first, root: rootOf(first) },
          { size: second, root: rootOf(second) },
        ];
        expect(isConsistent(old, young, proof)).toBe(true);
        // of no tree here: the root of a tree of one is its leaf
        const foreign = leafAt(largest + 1 + (at % 100));
        expect(isConsistent({ ...old, root: foreign }, young, proof)).toBe(false);
        expect(isConsistent(old, { ...young, root: foreign }, proof)).toBe(false);
        if (proof.length === 0) return;
        const broken = [...proof];
        broken[at % proof.length] = leafAt(largest + 1);
        expect(isConsistent(old, young, broken)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('need few hashes of a large tree', () => {
    const asked = new Set<string>();
    const size = 10_000_000;
    const note = (level: number, index: number): Buffer => {
      asked.add(`${level}/${index}`);
      return EMPTY_ROOT;
    };
    for (const range of inclusionRanges(7_654_321, size)) hashOfRange(range, note);
    expect(asked.size).toBeLessThan(5 * 256);
    expect(inclusionRanges(7_654_321, size).length).toBeLessThanOrEqual(24);
  });
});
