import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowIndex } from './row-index.js';

const idOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const ids = Array.from({ length: 400 }, () => idOf(randomUUID()));

describe('RowIndex', () => {
  it('answers as a Map does, whatever is put and removed', () => {
    const step = fc.record({ id: fc.nat(ids.length - 1), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const index = new RowIndex();
        const known = new Map<number, Buffer>();
        for (const { id, isRemoval } of steps) {
          const digest = randomBytes(32);
          const key = ids[id] ?? Buffer.alloc(16);
          const before = isRemoval ? index.remove(key) : index.put(key, digest);
          const isSame = before === null ? !known.has(id) : before.equals(known.get(id) ?? Buffer.alloc(0));
          if (isRemoval) known.delete(id);
          else known.set(id, digest);
          if (!isSame || index.size !== known.size) return false;
        }
        return true;
      }),
    );
  });

  it('finds ids that were numbered by hand as fast as random ones', () => {
    const index = new RowIndex();
    const numbered = (value: number) => {
      const digits = String(value).padStart(12, '0');
      return idOf(`0199a1b2-0000-7000-8000-${digits}`);
    };
    const startedAt = performance.now();
    for (let value = 0; value < 100_000; value += 1) index.put(numbered(value), Buffer.alloc(32));
    // one place after the other, the search would take minutes
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(index.size).toBe(100_000);
  });

  it('keeps every row while it grows, and does not grow by rows that come and go', () => {
    const index = new RowIndex();
    const rows = Array.from({ length: 20_000 }, () => ({ id: idOf(randomUUID()), digest: randomBytes(32) }));
    for (const { id, digest } of rows) index.put(id, digest);
    for (let round = 0; round < 20_000; round += 1) {
      const id = idOf(randomUUID());
      index.put(id, Buffer.alloc(32));
      index.remove(id);
    }
    expect(index.size).toBe(rows.length);
    expect(index.places).toBeLessThanOrEqual(65_536);
    expect(rows.every(({ id, digest }) => index.remove(id)?.equals(digest))).toBe(true);
  });
});
