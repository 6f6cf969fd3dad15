import type { Money } from '../../records/index.js';
import { moneyOf, scaled } from '../money/index.js';

/** What a column of money holds before the point. */
export const maxWholeDigits = 16;
/** Three factors with four digits after the point, and the two digits of the percent. */
const exactDigits = 3 * 4 + 2;

/**
 * Quantity × unit price less discount, to the digits that ISO 4217 gives the currency; exactly one half is rounded up.
 * Exact: no float comes near it. Null where no column could hold the result. Nothing of it may be negative.
 */
export function lineTotal(quantity: string, unitPrice: Money, discountPercent: string): Money | null {
  const percent = scaled('100') - scaled(discountPercent);
  const exact = scaled(quantity) * scaled(unitPrice.amount) * percent;
  const total = moneyOf(exact, exactDigits, unitPrice.currency);
  return (total.amount.split('.')[0] ?? '').length > maxWholeDigits ? null : total;
}
