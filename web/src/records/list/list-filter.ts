import type { FieldKind, FilterLeaf, FilterNode, FilterOperator } from '../../api/types.js';

/** Facet values by path; several values of one facet mean "any of these", an empty text means "no value". */
export type Facets = Record<string, string[]>;

/** A row of the filter builder. */
export interface Condition {
  field: string;
  op: FilterOperator;
  value: string;
  /** upper end of `between` */
  to?: string;
}

export interface ListFilter {
  facets: Facets;
  conditions: Condition[];
  /** whether all conditions must hold, or one of them */
  match: 'all' | 'any';
}

type KindOf = (path: string) => FieldKind | undefined;

function typed(kind: FieldKind | undefined, value: string): unknown {
  if (kind === 'boolean') return value === 'true';
  if (kind === 'integer') return Number(value);
  if (kind === 'dateTime') return new Date(value).toISOString();
  return value;
}

function facetNode(path: string, values: string[], kind: FieldKind | undefined): FilterNode | null {
  const present = values.filter((value) => value !== '').map((value) => typed(kind, value));
  const hasEmpty = present.length < values.length;
  const nodes: FilterNode[] = [];
  // a list of tags is never equal to one of them, it has it in it
  const isList = kind === 'tags';
  if (present.length === 1 && !isList) nodes.push({ field: path, op: 'eq', value: present[0] });
  if (present.length > 1 || (isList && present.length > 0))
    nodes.push({ field: path, op: 'in', value: present });
  if (hasEmpty) nodes.push({ field: path, op: 'empty' });
  return nodes.length > 1 ? { or: nodes } : (nodes[0] ?? null);
}

export const needsValue = (op: FilterOperator): boolean => op !== 'empty' && op !== 'notEmpty';

function conditionLeaf(condition: Condition, kind: FieldKind | undefined): FilterLeaf | null {
  const { field, op, value, to } = condition;
  if (!needsValue(op)) return { field, op };
  if (field === '' || value === '' || (op === 'between' && !to)) return null;
  if (op === 'between') return { field, op, value: [typed(kind, value), typed(kind, to ?? '')] };
  return { field, op, value: typed(kind, value) };
}

/** The filter tree that the API takes, or undefined where nothing is filtered. */
export function toFilter(filter: ListFilter, kindOf: KindOf): FilterNode | undefined {
  const isNode = <T>(node: T | null): node is T => node !== null;
  const facets = Object.entries(filter.facets)
    .map(([path, values]) => facetNode(path, values, kindOf(path)))
    .filter(isNode);
  const leaves = filter.conditions.map((each) => conditionLeaf(each, kindOf(each.field))).filter(isNode);
  const nodes: FilterNode[] = [...facets];
  if (leaves.length > 0)
    nodes.push(filter.match === 'any' && leaves.length > 1 ? { or: leaves } : { and: leaves });
  if (nodes.length === 0) return undefined;
  return nodes.length === 1 ? nodes[0] : { and: nodes };
}

const text: FilterOperator[] = ['contains', 'eq', 'neq', 'startsWith', 'empty', 'notEmpty'];
const ordered: FilterOperator[] = ['gte', 'lte', 'between', 'eq', 'empty', 'notEmpty'];

function usual(kind: FieldKind): FilterOperator[] {
  if (['integer', 'decimal', 'money', 'date', 'dateTime'].includes(kind)) return ordered;
  if (kind === 'boolean') return ['eq', 'empty', 'notEmpty'];
  if (kind === 'tags') return ['contains', 'empty', 'notEmpty'];
  if (kind === 'choice' || kind === 'reference') return ['eq', 'neq', 'empty', 'notEmpty'];
  return text;
}

/** The operators that make sense for a kind, the likeliest first, of those that the server knows for the field. */
export function operatorsFor(kind: FieldKind, known?: readonly string[]): FilterOperator[] {
  return usual(kind).filter((op) => !known || known.includes(op));
}
