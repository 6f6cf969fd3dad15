import type { FieldMeta } from '../metadata/field.meta.js';
import type { SqlScope } from '../query/sql-scope.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import { isTrigram, titleKeys } from './search-columns.js';
import { wordQuery, type SearchTerms } from './search-terms.js';
import { withinTexts, wordsMatch } from './search-condition.js';
import { canBeMistyped, slipQuery } from './spelling.js';

/** The statements by which one step of a search finds candidates of one type; none where it has nothing to ask. */
export type TierSql = (view: TypeView, terms: SearchTerms, scope: SqlScope, limit: number) => string[];

/** Read for ranking beyond what is shown. An index of words has no order, so these are the first that it finds. */
const sampled = 3;

/** Fields whose texts go into the ranking: short ones, as a note may hold a book. */
export function rankedFields(view: TypeView): FieldMeta[] {
  return view.fields.filter((field) => isTrigram(field) || (field.search && field.kind === 'phone'));
}

function candidates(view: TypeView, scope: SqlScope, condition: string, rest: string): string {
  const texts = rankedFields(view).map((field) => fieldSql(field, 't'));
  const row = `'${view.type.name}' AS type, t."id"::text AS id, json_build_array(${texts.join(', ')})::text AS texts`;
  return `SELECT ${row} FROM ${view.type.table} t WHERE ${scope.visible(view.type, 't')} AND ${condition} ${rest}`;
}

// the last character there is: whatever goes on after the beginning sorts before it
const end = '\u{10FFFF}';

/** Titles that begin with what was typed, in their order: the exact one comes first. */
export const titleSql: TierSql = (view, { folded }, scope, limit) => {
  if (folded === '') return [];
  return titleKeys(view.type)
    .filter(({ fields }) => fields.every(({ name }) => view.field(name)))
    .map(({ sql }) => {
      const key = `(${sql('t')}) COLLATE "C"`;
      const condition = `${key} >= ${scope.bind(folded)} AND ${key} < ${scope.bind(folded + end)}`;
      return candidates(view, scope, condition, `ORDER BY ${key} LIMIT ${String(limit)}`);
    });
};

/** Every word begins a word somewhere in the record. One condition for all of them, so that the index joins them. */
export const wordsSql: TierSql = (view, { words }, scope, limit) => {
  const queries = words.map(wordQuery);
  if (queries.includes(null)) return [];
  const whole = scope.bind(queries.map((part) => `(${part ?? ''})`).join(' & '));
  return [candidates(view, scope, wordsMatch(view, 't', `${whole}::tsquery`), most(limit))];
};

/** Every word stands within one of the short texts. */
export const withinSql: TierSql = (view, { words }, scope, limit) => {
  if (words.some(({ raw }) => raw.length < 3)) return [];
  const conditions = words.map(({ raw }) => withinTexts(view, 't', raw, scope));
  if (conditions.some((parts) => parts.length === 0)) return [];
  const all = conditions.map((parts) => `(${parts.join(' OR ')})`).join(' AND ');
  return [candidates(view, scope, all, most(limit))];
};

/** As `wordsSql`, with one slip of the keyboard in each word that is long enough. */
export const slipSql: TierSql = (view, { words }, scope, limit) => {
  const queries = words.map((word) => (canBeMistyped(word) ? slipQuery(word) : wordQuery(word)));
  if (queries.includes(null)) return [];
  const whole = scope.bind(queries.map((part) => `(${part ?? ''})`).join(' & '));
  return [candidates(view, scope, wordsMatch(view, 't', `${whole}::tsquery`), most(limit))];
};

const most = (limit: number): string => `LIMIT ${String(limit * sampled)}`;
