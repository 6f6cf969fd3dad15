import { isUuid, kinds } from '../kinds/index.js';
import type { QueryProblems } from './query-problems.js';
import { sortName, type SortKey } from './sort.js';

/** PostgreSQL's own text of each sort value of the last row shown; exact, so that no row is skipped or doubled. */
export type CursorValues = readonly (string | null)[];

/** A cursor holds nothing but values that its reader has seen, so it needs no signature; it is checked like input. */
export function writeCursor(keys: readonly SortKey[], values: CursorValues): string {
  return Buffer.from(JSON.stringify([sortName(keys), ...values])).toString('base64url');
}

const maxCursorLength = 8000;
const invalid = 'is not a cursor of this list: start again without it';

export function readCursor(
  text: string,
  keys: readonly SortKey[],
  problems: QueryProblems,
): CursorValues | null {
  const values = decode(text, keys);
  if (!values) problems.add('cursor', invalid);
  return values;
}

function decode(text: string, keys: readonly SortKey[]): CursorValues | null {
  if (text.length > maxCursorLength || !/^[\w-]+$/.test(text)) return null;
  const parsed = parseJson(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(parsed) || parsed.length !== keys.length + 1) return null;
  const [name, ...values] = parsed as unknown[];
  if (name !== sortName(keys)) return null;
  return values.every((value, index) => fits(value, keys[index])) ? (values as CursorValues) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const numberForm = /^-?\d{1,40}(?:\.\d{1,40})?$/;
const timeForm = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?\+00$/;

function fits(value: unknown, key: SortKey | undefined): boolean {
  if (!key) return false;
  if (value === null) return key.isNullable;
  if (typeof value !== 'string' || value.includes('\0')) return false;
  switch (kinds[key.field.kind].sqlType) {
    case 'uuid':
      return isUuid(value);
    case 'integer':
    case 'numeric':
      return numberForm.test(value) && (key.field.kind !== 'integer' || Math.abs(Number(value)) < 2 ** 31);
    case 'boolean':
      return value === 't' || value === 'f';
    case 'date':
      return 'value' in kinds.date.parse(value, key.field);
    case 'timestamptz':
      return timeForm.test(value) && !Number.isNaN(Date.parse(value.replace(' ', 'T').replace('+00', 'Z')));
    default:
      return true;
  }
}

/**
 * A cursor of a list sorted by one point in time, for a caller that stops in the middle of a page.
 * @param time as in the API's JSON
 */
export function cursorAt(sort: string, time: string, id: string): string {
  const text = `${time.slice(0, 10)} ${time.slice(11, -1)}+00`;
  return Buffer.from(JSON.stringify([sort, text, id])).toString('base64url');
}
