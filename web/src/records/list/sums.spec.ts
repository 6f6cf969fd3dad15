import { describe, expect, it } from '@jest/globals';
import { sumsByCurrency } from './sums.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('the sum of a page', () => {
  it('is exact where floats are not', () => {
    expect(sumsByCurrency([usd('0.10'), usd('0.20')])).toEqual([usd('0.3000')]);
    expect(sumsByCurrency([usd('9007199254740993.01'), usd('0.01')])).toEqual([usd('9007199254740993.0200')]);
  });

  it('never adds one currency to another, and passes over what has no amount', () => {
    expect(sumsByCurrency([usd('1'), null, { amount: '2', currency: 'EUR' }])).toEqual([
      usd('1.0000'),
      { amount: '2.0000', currency: 'EUR' },
    ]);
  });

  it('counts negative amounts down', () => {
    expect(sumsByCurrency([usd('1.50'), usd('-2.00')])).toEqual([usd('-0.5000')]);
  });
});
