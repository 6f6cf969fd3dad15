import { wordCondition } from '../search/search-condition.js';
import { maxSearchLength, parseSearch } from '../search/search-terms.js';
import type { TypeView } from '../view/type-view.js';
import type { QueryProblems } from './query-problems.js';
import type { SqlScope } from './sql-scope.js';

/** Every word must occur in one of the visible search fields: as the beginning of a word, or within a short text. */
export function compileSearch(
  text: string,
  view: TypeView,
  scope: SqlScope,
  problems: QueryProblems,
): string {
  if (text.length > maxSearchLength || text.includes('\0')) {
    problems.add('q', `must be a text of at most ${String(maxSearchLength)} characters`);
    return 'FALSE';
  }
  const { words } = parseSearch(text);
  if (words.length === 0) return 'TRUE';
  return words.map((word) => wordCondition(view, 't', word, scope)).join(' AND ');
}
