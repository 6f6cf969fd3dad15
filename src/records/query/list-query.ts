import { QueryProblems } from './query-problems.js';

export const defaultLimit = 50;
export const maxLimit = 200;
/** A full count is what kills large CRMs: past this one hears "10000+". */
export const countCap = 10_000;

/** What a caller asks of a list. */
export interface ListQuery {
  /** filter tree, as JSON already parsed */
  readonly filter?: unknown;
  readonly sort?: string;
  readonly fields?: readonly string[];
  readonly limit?: number;
  readonly cursor?: string;
  readonly count?: 'capped';
  readonly q?: string;
  readonly expand?: readonly string[];
}

const listParameters = ['filter', 'sort', 'fields', 'limit', 'cursor', 'count', 'q', 'expand'] as const;
const getParameters = ['fields', 'expand'] as const;

export type RawQuery = Readonly<Record<string, unknown>>;

/**
 * Reads the query string of a list. @throws InvalidInput naming every parameter that is unknown, doubled or wrong
 */
export function parseListQuery(raw: RawQuery): ListQuery {
  const problems = new QueryProblems();
  const text = textsOf(raw, listParameters, problems);
  const limit = text.limit === undefined ? defaultLimit : Number(text.limit);
  if (text.limit !== undefined && !(/^\d{1,4}$/.test(text.limit) && limit >= 1 && limit <= maxLimit))
    problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
  if (text.count !== undefined && text.count !== 'capped') problems.add('count', 'must be "capped"');
  const filter = text.filter === undefined ? undefined : parseFilterText(text.filter, problems);
  problems.throwIfAny();
  return {
    limit,
    ...(filter === undefined ? {} : { filter }),
    ...(text.sort === undefined ? {} : { sort: text.sort }),
    ...(text.fields === undefined ? {} : { fields: text.fields.split(',') }),
    ...(text.cursor === undefined ? {} : { cursor: text.cursor }),
    ...(text.count === undefined ? {} : { count: 'capped' as const }),
    ...(text.q === undefined ? {} : { q: text.q }),
    ...(text.expand === undefined ? {} : { expand: text.expand.split(',') }),
  };
}

export type GetQuery = Pick<ListQuery, 'fields' | 'expand'>;

export function parseGetQuery(raw: RawQuery): GetQuery {
  const problems = new QueryProblems();
  const text = textsOf(raw, getParameters, problems);
  problems.throwIfAny();
  return {
    ...(text.fields === undefined ? {} : { fields: text.fields.split(',') }),
    ...(text.expand === undefined ? {} : { expand: text.expand.split(',') }),
  };
}

/** Each parameter once, as text. A doubled one arrives as a list: two meanings, so none. */
export function textsOf<Name extends string>(
  raw: RawQuery,
  names: readonly Name[],
  problems: QueryProblems,
): Partial<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!(names as readonly string[]).includes(name))
      problems.add(name.slice(0, 100), `is not a parameter here; known are ${names.join(', ')}`);
    else if (typeof value !== 'string') problems.add(name, 'must be given once');
    else texts[name as Name] = value;
  }
  return texts;
}

function parseFilterText(text: string, problems: QueryProblems): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    problems.add('filter', 'must be JSON, like {"field":"name","op":"eq","value":"Acme"}');
    return undefined;
  }
}
