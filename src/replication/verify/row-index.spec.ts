import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowIndex } from './row-index.js';

const idOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
/** Few ids that all want the same place, and some that do not. */
const ids = Array.from({ length: 40 }, (_, index) => {
  const id = idOf(randomUUID());
  if (index < 30) id.writeUInt32BE(7, 12);
  return id;
});

describe('RowIndex', () => {
  it('answers as a Map does, whatever is put and removed', () => {
    const step = fc.record({ id: fc.nat(ids.length - 1), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
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
