import { describe, expect, it } from '@jest/globals';
import { idBefore, IdRanges } from './id-ranges.js';

const id = (value: number | bigint): string => {
  const hex = BigInt(value).toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Walks the ranges over a sorted list as the snapshot does. */
function walk(ids: readonly bigint[], chunkRows: number): { read: bigint[]; ranges: number } {
  const ranges = new IdRanges(
    { first: id(ids[0] ?? 0), last: id(ids.at(-1) ?? 0), count: ids.length },
    chunkRows,
  );
  const read: bigint[] = [];
  let after = idBefore(id(ids[0] ?? 0));
  let count = 0;
  while (!ranges.isBeyond(after)) {
    const end = ranges.endAfter(after);
    const found = ids.filter((value) => id(value) > after && id(value) <= end).slice(0, chunkRows);
    read.push(...found);
    const reached = found.length === chunkRows ? id(found.at(-1) ?? 0n) : end;
    ranges.learn(after, reached, found.length);
    after = reached;
    count += 1;
  }
  return { read, ranges: count };
}

describe('ranges of ids', () => {
  const even = Array.from({ length: 1000 }, (_, index) => BigInt(index * 977 + 5));

  it('cover every id once, in order', () => {
    expect(walk(even, 100).read).toEqual(even);
  });

  it('are about as many as there are chunks where ids are spread evenly', () => {
    expect(walk(even, 100).ranges).toBeLessThanOrEqual(14);
  });

  it('cover ids that lie in two heaps far apart, without a step for every gap', () => {
    const heap = (from: bigint): bigint[] => Array.from({ length: 500 }, (_, index) => from + BigInt(index));
    const ids = [...heap(7n), ...heap(1n << 120n)];
    const { read, ranges } = walk(ids, 100);
    expect(read).toEqual(ids);
    expect(ranges).toBeLessThan(90);
  });

  it('cover one single id, also the smallest and the largest there is', () => {
    for (const only of [1n, (1n << 128n) - 1n]) expect(walk([only], 10).read).toEqual([only]);
  });
});
