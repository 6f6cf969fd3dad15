// A saved view keeps its filter as the API takes it; the list keeps facets and conditions. This is the way back.
import { asText, type FilterLeaf, type FilterNode, type FilterOperator } from '../../api/types.js';
import type { Condition, Facets, ListFilter } from '../../records/list/list-filter.js';

const isLeaf = (node: FilterNode): node is FilterLeaf => 'field' in node;
const facetOps: readonly FilterOperator[] = ['eq', 'in', 'empty'];
const conditionOps: readonly FilterOperator[] = [
  'eq',
  'neq',
  'gte',
  'lte',
  'between',
  'contains',
  'startsWith',
  'empty',
  'notEmpty',
];

const flat = (node: FilterNode): FilterNode[] => ('and' in node ? node.and.flatMap(flat) : [node]);

function facetValues(leaves: FilterLeaf[]): string[] {
  return leaves.flatMap(({ op, value }) => {
    if (op === 'empty') return [''];
    return Array.isArray(value) ? value.map(asText) : [asText(value)];
  });
}

function conditionOf({ field, op, value }: FilterLeaf): Condition | null {
  if (!conditionOps.includes(op)) return null;
  if (op !== 'between') return { field, op, value: asText(value) };
  const [from, to] = Array.isArray(value) ? value.map(asText) : [];
  return from === undefined || to === undefined ? null : { field, op, value: from, to };
}

/** The leaves, where they are what one facet makes. */
function asFacet(leaves: FilterLeaf[], paths: readonly string[], facets: Facets): string | null {
  const [first] = leaves;
  if (!first || !paths.includes(first.field) || first.field in facets) return null;
  const isOne = leaves.every(({ field, op }) => field === first.field && facetOps.includes(op));
  return isOne ? first.field : null;
}

/** What the list shows for a filter, or null where it has no way to say it. */
export function fromFilter(filter: FilterNode | null, facetPaths: readonly string[]): ListFilter | null {
  const facets: Facets = {};
  const conditions: Condition[] = [];
  let match: ListFilter['match'] = 'all';
  for (const node of filter ? flat(filter) : []) {
    const leaves = isLeaf(node) ? [node] : 'or' in node && node.or.every(isLeaf) ? node.or : null;
    if (!leaves) return null;
    const facet = asFacet(leaves, facetPaths, facets);
    if (facet !== null) {
      facets[facet] = facetValues(leaves);
      continue;
    }
    const made = leaves.map(conditionOf);
    const isAny = leaves.length > 1;
    if (made.includes(null) || (conditions.length > 0 && (isAny || match === 'any'))) return null;
    if (isAny) match = 'any';
    conditions.push(...made.filter((each) => each !== null));
  }
  return { facets, conditions, match };
}
