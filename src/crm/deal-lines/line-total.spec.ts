import { describe, expect, it } from '@jest/globals';
import { lineTotal } from './line-total.js';

const price = (amount: string, currency = 'EUR') => ({ amount, currency });
const total = (...of: Parameters<typeof lineTotal>) => lineTotal(...of)?.amount;

describe('the total of a line', () => {
  it('is exact where floats are not', () => {
    expect(total('3', price('0.10'), '0')).toBe('0.30');
    expect(total('1.1', price('1.1'), '0')).toBe('1.21');
    expect(total('9999999999', price('999.99'), '0')).toBe('9999899999000.01');
    expect(total('0.0001', price('10000.00'), '0')).toBe('1.00');
  });

  it('takes the discount off, also a fraction of a percent', () => {
    expect(total('2', price('100.00'), '12.5')).toBe('175.00');
    expect(total('1', price('100.00'), '33.3333')).toBe('66.67');
    expect(total('7', price('5.00'), '100')).toBe('0.00');
  });

  it('rounds to the digits of the currency, one half upwards', () => {
    expect(total('1', price('0.125'), '0')).toBe('0.13');
    expect(total('1', price('0.1249'), '0')).toBe('0.12');
    expect(total('0.5', price('1', 'JPY'), '0')).toBe('1');
    expect(total('0.4999', price('1', 'JPY'), '0')).toBe('0');
    expect(total('1', price('0.0005', 'KWD'), '0')).toBe('0.001');
  });

  it('is nothing where no column could hold it', () => {
    expect(lineTotal('1', price('9999999999999999.00'), '0')).toEqual(price('9999999999999999.00'));
    expect(lineTotal('2', price('9999999999999999.00'), '0')).toBeNull();
  });
});
