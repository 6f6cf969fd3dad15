import type { CrmRecord, Money } from '../../../api/types.js';

/** A line while somebody types in it: what is in the inputs, as text. */
export interface LineDraft {
  name: string;
  quantity: string;
  unitPrice: string;
  discountPercent: string;
}

export const currencyOf = (line: CrmRecord): string => (line['unitPrice'] as Money).currency;

export function draftOf(line: CrmRecord): LineDraft {
  return {
    name: String(line['name']),
    quantity: plain(String(line['quantity'])),
    unitPrice: (line['unitPrice'] as Money).amount,
    discountPercent: plain(String(line['discountPercent'])),
  };
}

/** `2.5000` is 2.5 to people */
const plain = (decimal: string) => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);

/** as people of any of the languages type a number */
const parsed = (text: string) => text.trim().replace(',', '.');

/** What differs from the stored line, in the API's shape. */
export function linePatch(line: CrmRecord, draft: LineDraft): CrmRecord {
  const before = draftOf(line);
  const patch: Record<string, unknown> = {};
  if (draft.name.trim() !== before.name) patch['name'] = draft.name.trim();
  for (const key of ['quantity', 'discountPercent'] as const)
    if (parsed(draft[key]) !== before[key]) patch[key] = parsed(draft[key]) || '0';
  if (parsed(draft.unitPrice) !== before.unitPrice)
    patch['unitPrice'] = { amount: parsed(draft.unitPrice) || '0', currency: currencyOf(line) };
  return patch as CrmRecord;
}

/** The total as it will be, until the server says so; null while a number is not one. */
export function totalOf(draft: LineDraft, currency: string): Money | null {
  const quantity = Number(parsed(draft.quantity));
  const price = Number(parsed(draft.unitPrice));
  const discount = Number(parsed(draft.discountPercent));
  const total = quantity * price * (1 - discount / 100);
  return Number.isFinite(total) ? { amount: String(total), currency } : null;
}
