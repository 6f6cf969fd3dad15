import { describe, expect, it } from '@jest/globals';
import { InvalidInput } from '../../platform/errors/index.js';
import { escapeLike } from './filter-condition.js';
import { parseListQuery } from './list-query.js';

function pathsOf(raw: Record<string, unknown>): string[] {
  try {
    parseListQuery(raw);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return (error.errors ?? []).map(({ path }) => path);
  }
}

describe('the query string of a list', () => {
  it('is read into what a list takes', () => {
    expect(parseListQuery({})).toEqual({ limit: 50 });
    const raw = { filter: '{"field":"a"}', sort: '-a', fields: 'a,b', limit: '200', q: '', expand: 'a' };
    expect(parseListQuery({ ...raw, count: 'capped', cursor: 'x' })).toEqual({
      filter: { field: 'a' },
      sort: '-a',
      fields: ['a', 'b'],
      limit: 200,
      q: '',
      expand: ['a'],
      count: 'capped',
      cursor: 'x',
    });
  });

  it('is refused with every parameter that is unknown, doubled or wrong', () => {
    expect(pathsOf({ sort: ['a', 'b'] })).toEqual(['sort']);
    expect(pathsOf({ 'filter[where]': '1', page: '2', limit: '-1', filter: 'x' })).toEqual([
      'filter[where]',
      'page',
      'limit',
      'filter',
    ]);
    for (const limit of ['0', '201', '', ' 5', '5.0', '0x10', 'NaN', '1e2'])
      expect([limit, pathsOf({ limit })]).toEqual([limit, ['limit']]);
  });

  it('gives the signs of LIKE no meaning', () => {
    expect(escapeLike('50%_\\')).toBe('50\\%\\_\\\\');
  });
});
