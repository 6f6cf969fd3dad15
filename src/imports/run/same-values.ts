import type { RecordData } from '../../records/index.js';

/** Whether a record already holds what a row says, so that nothing needs to be locked and written. */
export function isSameValues(
  input: Readonly<Record<string, unknown>>,
  record: Readonly<RecordData>,
): boolean {
  return Object.entries(input).every(([name, value]) => {
    if (name !== 'custom') return isSame(value, record[name]);
    const stored = (record['custom'] ?? {}) as RecordData;
    return Object.entries(value as RecordData).every(([key, own]) => isSame(own, stored[key]));
  });
}

function isSame(given: unknown, stored: unknown): boolean {
  if (isMoney(given) && isMoney(stored))
    return given.currency === stored.currency && plain(given.amount) === plain(stored.amount);
  if (Array.isArray(given)) return isSameList(given, stored);
  return (given ?? null) === (stored ?? null);
}

/** Tags: as the registry spells them, whatever capitals the file has. */
function isSameList(given: readonly unknown[], stored: unknown): boolean {
  const spell = (list: readonly unknown[]): string =>
    JSON.stringify(list.map((item) => String(item).trim().toLowerCase()));
  return Array.isArray(stored) && spell(given) === spell(stored);
}

function isMoney(value: unknown): value is { amount: string; currency: string } {
  return typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;
}

/** `1054`, `1054.00` and `1054.0000` are one number; a float would not say so of every number. */
function plain(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}
