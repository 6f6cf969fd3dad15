import { currencyDigits, toMoney, type Money } from '../../records/index.js';

/** Digits after the point of every stored quantity, price and amount. */
export const storedDigits = 4;

/** `12.5` → 125000n: the number in units of its last stored digit. */
export function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(storedDigits, '0'));
}

/**
 * An amount in the digits that ISO 4217 gives its currency; exactly one half is rounded up. Never negative.
 * @param units the exact amount in units of 10^-digits
 */
export function moneyOf(units: bigint, digits: number, currency: string): Money {
  const kept = currencyDigits(currency);
  const step = 10n ** BigInt(digits - kept);
  const text = ((units + step / 2n) / step).toString().padStart(kept + 1, '0');
  const point = text.length - kept;
  return toMoney(kept === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`, currency);
}

/** @param percentTimesAmount sum of amount × probability, as text with at most four digits after the point */
export function weightedMoney(percentTimesAmount: string, currency: string): Money {
  return moneyOf(scaled(percentTimesAmount), storedDigits + 2, currency);
}
