import type { FieldMeta } from '../metadata/field.meta.js';
import { kinds } from '../kinds/index.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import { unknownField, type QueryProblems } from './query-problems.js';

export const maxSortKeys = 3;

export interface SortKey {
  readonly path: string;
  readonly field: FieldMeta;
  readonly sql: string;
  readonly isDescending: boolean;
  readonly isNullable: boolean;
}

/**
 * `-closeDate,name` → keys over the row `t`, ended by the id, so that no two rows are ever equal. Empty values come
 * last in either direction. Without a sort the newest come first, which is the order of UUIDv7.
 */
export function parseSort(text: string | undefined, view: TypeView, problems: QueryProblems): SortKey[] {
  const keys: SortKey[] = [];
  const parts = text === undefined ? ['-id'] : text.split(',');
  if (parts.length > maxSortKeys) problems.add('sort', `must have at most ${String(maxSortKeys)} fields`);
  for (const part of parts.slice(0, maxSortKeys)) {
    const isDescending = part.startsWith('-');
    const key = sortKey(isDescending ? part.slice(1) : part, isDescending, view, problems);
    if (key && keys.some(({ path }) => path === key.path)) problems.add('sort', `names ${key.path} twice`);
    else if (key) keys.push(key);
  }
  if (!keys.some(({ path }) => path === 'id')) {
    const id = sortKey('id', keys.at(-1)?.isDescending ?? true, view, problems);
    if (id) keys.push(id);
  }
  // after the id nothing is left to decide
  return keys.slice(0, keys.findIndex(({ path }) => path === 'id') + 1);
}

function sortKey(
  path: string,
  isDescending: boolean,
  view: TypeView,
  problems: QueryProblems,
): SortKey | undefined {
  const field = view.field(path);
  if (!field) {
    problems.add('sort', unknownField(view, path));
    return undefined;
  }
  if (!kinds[field.kind].sortable) {
    problems.add('sort', `cannot sort by ${path}`);
    return undefined;
  }
  return { path, field, sql: fieldSql(field, 't'), isDescending, isNullable: view.isNullable(field) };
}

/** Names the order inside a cursor, so that a cursor of another order is refused. */
export function sortName(keys: readonly SortKey[]): string {
  return keys.map(({ path, isDescending }) => (isDescending ? `-${path}` : path)).join(',');
}
