import type { CsvRow } from '../csv/csv-source.js';
import { placeholder, type FieldRule } from './mapping.js';

/** Line ends, tabs, C1 controls left over from another encoding: in a field of one line they are all a space. */
const blanks = /[\p{Cc}\s]+/gu;

/**
 * The text that a rule takes from a row, after `empty`, `fallback` and `values`; null = no value.
 * @param keepsLines for fields of several lines, whose text is taken as it is
 */
export function textOf(rule: FieldRule, row: CsvRow, keepsLines = false): string | null {
  const found = [sourceOf(rule, row), ...rule.fallback.map((column) => row.values[column] ?? '')]
    .map((text) => (keepsLines ? text : text.replace(blanks, ' ')).trim())
    .find((text) => text !== '' && !rule.empty.includes(text));
  if (found === undefined) return null;
  return Object.hasOwn(rule.values, found) ? (rule.values[found] ?? null) : found;
}

function sourceOf(rule: FieldRule, row: CsvRow): string {
  if (rule.constant !== undefined) return rule.constant;
  if (rule.from !== undefined) return row.values[rule.from] ?? '';
  if (rule.join)
    return rule.join
      .map((column) => partOf(rule, row, column))
      .filter((part) => part !== '')
      .join(rule.with);
  return (rule.template ?? '').replace(placeholder, (_whole, column: string, filter: string | undefined) => {
    const value = row.values[column] ?? '';
    return filter === 'slug' ? slug(value) : value;
  });
}

/** A part of a joined text may itself be a blemish (`null`) or have a proper spelling. */
function partOf(rule: FieldRule, row: CsvRow, column: string): string {
  const value = (row.values[column] ?? '').trim();
  if (rule.empty.includes(value)) return '';
  return Object.hasOwn(rule.values, value) ? (rule.values[value] ?? '') : value;
}

/** `Mei-Mei Johns` → `mei-mei.johns`, for addresses and keys. */
function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
  return plain.replace(/[^a-z0-9-]+/g, '.').replace(/^\.+|\.+$/g, '');
}
