import { fieldSql, type TypeView } from '../view/type-view.js';
import { escapeLike } from './filter-condition.js';
import type { QueryProblems } from './query-problems.js';
import type { SqlScope } from './sql-scope.js';

const maxSearchLength = 200;
const maxWords = 8;

/** Every word must occur in one of the visible search fields; each has a trigram index of its own. */
export function compileSearch(
  text: string,
  view: TypeView,
  scope: SqlScope,
  problems: QueryProblems,
): string {
  const fields = view.fields.filter(({ search }) => search);
  if (text.length > maxSearchLength || text.includes('\0')) {
    problems.add('q', `must be a text of at most ${String(maxSearchLength)} characters`);
    return 'FALSE';
  }
  const words = text.normalize('NFC').split(/\s+/).filter(Boolean).slice(0, maxWords);
  if (words.length === 0) return 'TRUE';
  if (fields.length === 0) return 'FALSE';
  return words
    .map((word) => {
      const pattern = scope.bind(`%${escapeLike(word)}%`);
      return `(${fields.map((field) => `${fieldSql(field, 't')} ILIKE ${pattern}`).join(' OR ')})`;
    })
    .join(' AND ');
}
