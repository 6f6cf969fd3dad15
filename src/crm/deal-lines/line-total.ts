import { currencyDigits, toMoney, type Money } from '../../records/index.js';

/** Quantities, prices and discounts are stored with four digits after the point. */
const scale = 4;
/** What a column of money holds before the point. */
export const maxWholeDigits = 16;

/** `12.5` → 125000n */
function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

/**
 * Quantity × unit price less discount, to the digits that ISO 4217 gives the currency; exactly one half is rounded up.
 * Exact: no float comes near it. Null where no column could hold the result. Nothing of it may be negative.
 */
export function lineTotal(quantity: string, unitPrice: Money, discountPercent: string): Money | null {
  const digits = currencyDigits(unitPrice.currency);
  const percent = scaled('100') - scaled(discountPercent);
  const exact = scaled(quantity) * scaled(unitPrice.amount) * percent;
  // three factors of `scale` digits each, and the two digits of the percent
  const step = 10n ** BigInt(3 * scale + 2 - digits);
  const rounded = (exact + step / 2n) / step;
  const text = rounded.toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  if (whole.length > maxWholeDigits) return null;
  const fraction = text.slice(text.length - digits);
  return toMoney(digits === 0 ? whole : `${whole}.${fraction}`, unitPrice.currency);
}
