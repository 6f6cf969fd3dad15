import { describe, expect, it } from '@jest/globals';
import type { CrmRecord } from '../../../api/types.js';
import { draftOf, linePatch, totalOf } from './line-draft.js';

const line = {
  id: '1',
  version: 1,
  name: 'GTX Pro',
  quantity: '2.5000',
  unitPrice: { amount: '4821.00', currency: 'EUR' },
  discountPercent: '10.0000',
} as unknown as CrmRecord;

describe('a line of a deal', () => {
  it('shows numbers without the noughts of the database', () => {
    expect(draftOf(line)).toMatchObject({ quantity: '2.5', discountPercent: '10', unitPrice: '4821.00' });
  });

  it('sends only what was changed, a comma read as a point', () => {
    expect(linePatch(line, draftOf(line))).toEqual({});
    expect(linePatch(line, { ...draftOf(line), quantity: '1,5', unitPrice: '10' })).toEqual({
      quantity: '1.5',
      unitPrice: { amount: '10', currency: 'EUR' },
    });
  });

  it('shows the total while one types, and none for what is not a number', () => {
    const draft = { ...draftOf(line), quantity: '2', unitPrice: '100', discountPercent: '25' };
    expect(totalOf(draft, 'EUR')).toEqual({ amount: '150', currency: 'EUR' });
    expect(totalOf({ ...draft, quantity: 'two' }, 'EUR')).toBeNull();
  });
});
