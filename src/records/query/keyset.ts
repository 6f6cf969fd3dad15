import type { CursorValues } from './cursor.js';
import type { SortKey } from './sort.js';

/**
 * One ordered scan. A list is one of them, or two where the first key may be empty: rows with a value, then rows
 * without. Each of the two can walk the plain index (key, id) in either direction; a single ORDER BY with NULLS LAST
 * and an OR for the cursor could not.
 */
export interface Branch {
  /** SQL condition on top of the list's own, or null */
  readonly where: string | null;
  readonly orderBy: string;
}

type Bind = (value: unknown) => string;

export function branchesOf(keys: readonly SortKey[], cursor: CursorValues | null, bind: Bind): Branch[] {
  const [first] = keys;
  if (!first?.isNullable)
    return [{ where: cursor && afterCursor(keys, cursor, bind), orderBy: orderBy(keys, false) }];
  if (!cursor && !first.isDescending) return [{ where: null, orderBy: orderBy(keys, false) }];
  const rest = keys.slice(1);
  const empties = (where: string | null): Branch => ({
    where: where === null ? `${first.sql} IS NULL` : `${first.sql} IS NULL AND ${where}`,
    orderBy: orderBy(rest, false),
  });
  if (cursor?.[0] === null) return [empties(afterCursor(rest, cursor.slice(1), bind))];
  const filled = keys.map((key, index) => (index === 0 ? { ...key, isNullable: false } : key));
  const after = cursor && afterCursor(filled, cursor, bind);
  return [
    { where: `${first.sql} IS NOT NULL${after ? ` AND ${after}` : ''}`, orderBy: orderBy(filled, false) },
    empties(null),
  ];
}

/** The order over both branches together. Only a page of each arrives here, so the sort costs nothing. */
export function outerOrder(keys: readonly SortKey[]): string {
  return orderBy(
    keys.map((key, index) => ({ ...key, sql: `"k${String(index)}"` })),
    true,
  );
}

function orderBy(keys: readonly SortKey[], isOuter: boolean): string {
  return keys
    .map(({ sql, isDescending, isNullable }) => {
      // DESC without NULLS LAST is what an index gives walked backwards; where no value is NULL it is the same.
      const nulls = isDescending && (isNullable || isOuter) ? ' NULLS LAST' : '';
      return `${sql}${isDescending ? ' DESC' : ''}${nulls}`;
    })
    .join(', ');
}

/** SQL: the row comes after the cursor's. */
function afterCursor(keys: readonly SortKey[], cursor: CursorValues, bind: Bind): string {
  const placeholders = cursor.map((value) => (value === null ? null : bind(value)));
  if (isRowComparable(keys)) {
    const sign = keys[0]?.isDescending ? '<' : '>';
    return `(${keys.map(({ sql }) => sql).join(', ')}) ${sign} (${placeholders.join(', ')})`;
  }
  const alternatives: string[] = [];
  const equal: string[] = [];
  for (const [index, key] of keys.entries()) {
    const placeholder = placeholders[index] ?? null;
    const beyond = beyondValue(key, placeholder);
    if (beyond) alternatives.push([...equal, beyond].join(' AND '));
    equal.push(placeholder === null ? `${key.sql} IS NULL` : `${key.sql} = ${placeholder}`);
  }
  const [first] = keys;
  const bound = first && placeholders[0] && !first.isNullable ? notBefore(first, placeholders[0]) : null;
  const any = `(${alternatives.map((alternative) => `(${alternative})`).join(' OR ')})`;
  return bound ? `${bound} AND ${any}` : any;
}

/** Redundant, but a bound that an index can start from. */
function notBefore(key: SortKey, placeholder: string): string {
  return `${key.sql} ${key.isDescending ? '<=' : '>='} ${placeholder}`;
}

function isRowComparable(keys: readonly SortKey[]): boolean {
  return keys.every((key) => !key.isNullable && key.isDescending === keys[0]?.isDescending);
}

function beyondValue(key: SortKey, placeholder: string | null): string | null {
  if (placeholder === null) return null;
  const beyond = `${key.sql} ${key.isDescending ? '<' : '>'} ${placeholder}`;
  return key.isNullable ? `(${beyond} OR ${key.sql} IS NULL)` : beyond;
}
