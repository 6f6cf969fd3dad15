import { escapeLike } from '../query/filter-condition.js';
import type { SqlScope } from '../query/sql-scope.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import { customWordsSql, isTrigram, wordsSql } from './search-columns.js';
import { wordQuery, type SearchWord } from './search-terms.js';

/** An index of trigrams has nothing to say about shorter texts: it would be read from end to end. */
const trigram = 3;

/**
 * SQL: the row `alias` has words that match `query`, a `tsquery`, in fields that the caller may see. The index holds
 * all searched fields, so where some of them are hidden the visible ones are looked at again: a row that matches by a
 * hidden field only is not found.
 */
export function wordsMatch(view: TypeView, alias: string, query: string): string {
  const whole = wordsSql(view.type.fields, alias);
  const visible = wordsSql(view.fields, alias);
  const parts: string[] = [];
  if (whole !== null && visible !== null)
    parts.push(
      whole === visible ? `${whole} @@ ${query}` : `(${whole} @@ ${query} AND ${visible} @@ ${query})`,
    );
  const custom = wordsSql(view.custom, alias);
  // the index holds every custom text; which of them are searched and seen is asked of the row
  if (custom !== null)
    parts.push(
      `(${alias}."custom" <> '{}'::jsonb AND ${customWordsSql(alias)} @@ ${query} AND ${custom} @@ ${query})`,
    );
  return parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`;
}

/** Whether the caller sees any field that is searched by words; some types have none. */
function hasWords(view: TypeView, alias: string): boolean {
  return wordsSql(view.fields, alias) !== null || wordsSql(view.custom, alias) !== null;
}

/** SQL: one word of a search begins a word of the row, or stands within one of its short texts. */
export function wordCondition(view: TypeView, alias: string, word: SearchWord, scope: SqlScope): string {
  const parts: string[] = [];
  const query = wordQuery(word);
  // bound only where it is used: PostgreSQL refuses a parameter that stands nowhere
  if (query !== null && hasWords(view, alias))
    parts.push(wordsMatch(view, alias, `${scope.bind(query)}::tsquery`));
  if (word.raw.length >= trigram || query === null) parts.push(...withinTexts(view, alias, word.raw, scope));
  return parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`;
}

/** Within a word, too: answered by the trigrams of each visible column. */
export function withinTexts(view: TypeView, alias: string, raw: string, scope: SqlScope): string[] {
  const fields = view.fields.filter(isTrigram);
  if (fields.length === 0) return [];
  const pattern = scope.bind(`%${escapeLike(raw)}%`);
  return fields.map((field) => `${fieldSql(field, alias)} ILIKE ${pattern}`);
}
