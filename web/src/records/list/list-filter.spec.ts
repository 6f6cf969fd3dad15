import { describe, expect, it } from '@jest/globals';
import { operatorsFor, toFilter, type ListFilter } from './list-filter.js';

const none: ListFilter = { facets: {}, conditions: [], match: 'all' };
const kinds: Record<string, 'boolean' | 'integer'> = { done: 'boolean', employees: 'integer' };
const toTree = (filter: Partial<ListFilter>) => toFilter({ ...none, ...filter }, (path) => kinds[path]);

describe('a list’s filter', () => {
  it('is absent where nothing is chosen', () => {
    expect(toTree({})).toBeUndefined();
    expect(toTree({ facets: { status: [] } })).toBeUndefined();
  });

  it('takes any of a facet’s values and all of the facets', () => {
    expect(toTree({ facets: { status: ['open', 'won'], done: ['true'] } })).toEqual({
      and: [
        { field: 'status', op: 'in', value: ['open', 'won'] },
        { field: 'done', op: 'eq', value: true },
      ],
    });
  });

  it('reads the empty choice as "no value"', () => {
    expect(toTree({ facets: { sector: ['medical', ''] } })).toEqual({
      or: [
        { field: 'sector', op: 'eq', value: 'medical' },
        { field: 'sector', op: 'empty' },
      ],
    });
  });

  it('joins conditions by the chosen word and leaves unfinished ones out', () => {
    const conditions: ListFilter['conditions'] = [
      { field: 'employees', op: 'gte', value: '100' },
      { field: 'name', op: 'contains', value: '' },
      { field: 'sector', op: 'empty', value: '' },
    ];
    const leaves = [
      { field: 'employees', op: 'gte', value: 100 },
      { field: 'sector', op: 'empty' },
    ];
    expect(toTree({ conditions })).toEqual({ and: leaves });
    expect(toTree({ conditions, match: 'any' })).toEqual({ or: leaves });
  });

  it('offers only operators that the server knows for the field', () => {
    expect(operatorsFor('text', ['eq', 'contains'])).toEqual(['contains', 'eq']);
  });
});
