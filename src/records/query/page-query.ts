import { isUuid } from '../kinds/other-kinds.js';
import { textsOf, type RawQuery } from './list-query.js';
import { QueryProblems } from './query-problems.js';

export interface PageQuery {
  readonly limit: number;
  /** id of the last entry of the page before */
  readonly after: string | null;
}

/**
 * `limit` and `cursor` of a list whose only order is that of its ids.
 * @throws InvalidInput naming the parameter
 */
export function parsePageQuery(raw: RawQuery, maxLimit: number): PageQuery {
  const problems = new QueryProblems();
  const { limit = '50', cursor = null } = textsOf(raw, ['limit', 'cursor'], problems);
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit)
    problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
  if (cursor !== null && !isUuid(cursor)) problems.add('cursor', 'is not a cursor of this list');
  problems.throwIfAny();
  return { limit: Number(limit), after: cursor };
}
