import { describe, expect, it } from '@jest/globals';
import { conversionBody, type ConversionChoice } from './conversion.js';

const choice: ConversionChoice = {
  account: 'new',
  accountId: null,
  contactId: null,
  hasDeal: false,
  dealName: '',
  amount: '',
  currency: 'USD',
};

describe('converting a lead', () => {
  it('leaves to the server what is made of the lead’s own fields', () => {
    expect(conversionBody(choice)).toEqual({});
  });

  it('names what is there already, and what is not wanted', () => {
    expect(conversionBody({ ...choice, account: 'existing', accountId: 'a', contactId: 'c' })).toEqual({
      account: { id: 'a' },
      contact: { id: 'c' },
    });
    expect(conversionBody({ ...choice, account: 'none' })).toEqual({ account: null });
  });

  it('opens a deal with an amount only where there is one', () => {
    const deal = { ...choice, hasDeal: true, dealName: ' Big one ' };
    expect(conversionBody(deal)).toEqual({ deal: { create: { name: 'Big one' } } });
    expect(conversionBody({ ...deal, amount: '10,5' })).toEqual({
      deal: { create: { name: 'Big one', amount: { amount: '10.5', currency: 'USD' } } },
    });
  });
});
