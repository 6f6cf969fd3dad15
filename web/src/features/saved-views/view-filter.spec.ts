import { describe, expect, it } from '@jest/globals';
import type { FilterNode } from '../../api/types.js';
import { toFilter, type ListFilter } from '../../records/list/list-filter.js';
import { fromFilter } from './view-filter.js';

const paths = ['status', 'ownerId', 'tags'];
const kinds: Record<string, 'text' | 'choice' | 'tags'> = { status: 'choice', tags: 'tags' };
const there = (filter: ListFilter) => toFilter(filter, (path) => kinds[path] ?? 'text') ?? null;

describe('the filter of a saved view', () => {
  it.each<[string, ListFilter]>([
    ['nothing', { facets: {}, conditions: [], match: 'all' }],
    [
      'facets',
      { facets: { status: ['open', ''], ownerId: ['1'], tags: ['vip'] }, conditions: [], match: 'all' },
    ],
    [
      'conditions, all of which must hold',
      {
        facets: { status: ['open'] },
        conditions: [
          { field: 'name', op: 'contains', value: 'x' },
          { field: 'closeDate', op: 'between', value: '2026-01-01', to: '2026-02-01' },
        ],
        match: 'all',
      },
    ],
    [
      'conditions, one of which must hold',
      {
        facets: { ownerId: ['1', '2'] },
        conditions: [
          { field: 'name', op: 'startsWith', value: 'x' },
          { field: 'description', op: 'empty', value: '' },
        ],
        match: 'any',
      },
    ],
  ])('comes back as it was saved: %s', (_, filter) => {
    expect(fromFilter(there(filter), paths)).toEqual(filter);
  });

  it('is refused where the list cannot say it, instead of being shown wrongly', () => {
    const name: FilterNode = { field: 'name', op: 'eq', value: 'x' };
    expect(fromFilter({ not: name }, paths)).toBeNull();
    expect(fromFilter({ and: [{ or: [name, name] }, name] }, paths)).toBeNull();
    expect(fromFilter({ field: 'name', op: 'in', value: ['a'] }, paths)).toBeNull();
  });
});
