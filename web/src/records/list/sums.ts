import type { Money } from '../../api/types.js';

const scale = 4;

/** In ten-thousandths: adding cents as floats would lose some. */
function toUnits(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return amount.startsWith('-') ? -units : units;
}

function toAmount(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Exact sums, one per currency: euros and dollars are never added up. */
export function sumsByCurrency(values: readonly (Money | null | undefined)[]): Money[] {
  const sums = new Map<string, bigint>();
  for (const value of values)
    if (value) sums.set(value.currency, (sums.get(value.currency) ?? 0n) + toUnits(value.amount));
  return [...sums].map(([currency, units]) => ({ amount: toAmount(units), currency }));
}
