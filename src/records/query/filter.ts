import type { FieldMeta } from '../metadata/field.meta.js';
import { findRecordType } from '../metadata/registry.js';
import { filterOps, kinds, type FilterOp } from '../kinds/index.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import { conditionOf } from './filter-condition.js';
import { unknownField, type QueryProblems } from './query-problems.js';
import type { SqlScope } from './sql-scope.js';

export const maxFilterDepth = 10;
export const maxFilterLeaves = 100;

const known: ReadonlySet<unknown> = new Set(filterOps);
/** These hold for a row whose value is empty, also when the record across a reference is missing or out of sight. */
const holdsForEmpty: ReadonlySet<FilterOp> = new Set(['neq', 'notIn', 'empty']);
const opposite: Partial<Record<FilterOp, FilterOp>> = { neq: 'eq', notIn: 'in', empty: 'notEmpty' };

interface Walk {
  scope: SqlScope;
  problems: QueryProblems;
  leaves: number;
}

interface Operand {
  field: FieldMeta;
  /** the condition on the operand's row, wrapped for where that row is */
  wrap: (condition: (alias: string) => string) => string;
}

/**
 * SQL of a filter tree over the row `t`. Logic is two-valued: what is not true is false, so `not` and `neq` match
 * empty values. Problems are collected; the SQL must not be used when there are any.
 */
export function compileFilter(
  node: unknown,
  view: TypeView,
  scope: SqlScope,
  problems: QueryProblems,
): string {
  return compileNode(node, view, { scope, problems, leaves: 0 }, 'filter', 1);
}

function compileNode(node: unknown, view: TypeView, walk: Walk, path: string, depth: number): string {
  if (depth > maxFilterDepth)
    return refuse(walk, path, `is nested deeper than ${String(maxFilterDepth)} levels`);
  if (typeof node !== 'object' || node === null || Array.isArray(node))
    return refuse(walk, path, 'must be an object with "and", "or", "not", or "field", "op" and "value"');
  const members = Object.keys(node);
  const tree = node as Record<string, unknown>;
  if (members.length === 1 && 'not' in tree)
    return `(${compileNode(tree['not'], view, walk, `${path}.not`, depth + 1)}) IS NOT TRUE`;
  for (const [name, word] of [
    ['and', ' AND '],
    ['or', ' OR '],
  ] as const)
    if (members.length === 1 && name in tree)
      return compileGroup(tree[name], word, view, walk, `${path}.${name}`, depth);
  return compileLeaf(tree, view, walk, path);
}

function compileGroup(
  nodes: unknown,
  word: string,
  view: TypeView,
  walk: Walk,
  path: string,
  depth: number,
): string {
  if (!Array.isArray(nodes) || nodes.length === 0)
    return refuse(walk, path, 'must be a list with at least one condition');
  if (nodes.length > maxFilterLeaves)
    return refuse(walk, path, `must have at most ${String(maxFilterLeaves)} conditions`);
  const parts = nodes.map((node, index) =>
    compileNode(node, view, walk, `${path}[${String(index)}]`, depth + 1),
  );
  return `(${parts.join(word)})`;
}

function compileLeaf(leaf: Record<string, unknown>, view: TypeView, walk: Walk, path: string): string {
  const { field: fieldPath, op, value, ...unknown } = leaf;
  for (const name of Object.keys(unknown))
    walk.problems.add(`${path}.${name.slice(0, 100)}`, 'is not a member of a condition');
  if (++walk.leaves > maxFilterLeaves)
    return refuse(walk, path, `has more than ${String(maxFilterLeaves)} conditions`);
  if (typeof fieldPath !== 'string') return refuse(walk, `${path}.field`, 'must be the name of a field');
  if (!known.has(op)) return refuse(walk, `${path}.op`, `must be one of ${filterOps.join(', ')}`);
  const operand = resolve(fieldPath, view, walk, `${path}.field`);
  if (!operand) return 'FALSE';
  const { ops } = kinds[operand.field.kind];
  if (!ops.includes(op as FilterOp))
    return refuse(walk, `${path}.op`, `must be one of ${ops.join(', ')} for ${fieldPath}`);
  return compileOperation(operand, op as FilterOp, value, walk, `${path}.value`);
}

function compileOperation(operand: Operand, op: FilterOp, value: unknown, walk: Walk, path: string): string {
  const positive = opposite[op] ?? op;
  const { field } = operand;
  const condition = conditionOf(field, positive, value, walk.scope, (message, where = '') => {
    walk.problems.add(`${path}${where}`, message);
  });
  const sql = operand.wrap((alias) => condition(alias));
  return holdsForEmpty.has(op) ? `(${sql}) IS NOT TRUE` : sql;
}

/** `closeDate`, `custom.product`, or one step across a reference: `account.sector`, `account.custom.region`. */
function resolve(path: string, view: TypeView, walk: Walk, where: string): Operand | null {
  const own = view.field(path);
  if (own) return { field: own, wrap: (condition) => condition('t') };
  const dot = path.indexOf('.');
  const reference = dot > 0 ? view.relation(path.slice(0, dot)) : undefined;
  const target = reference?.target ? findRecordType(reference.target) : undefined;
  if (!reference || !target) {
    refuse(walk, where, unknownField(view, path));
    return null;
  }
  const targetView = walk.scope.view(target);
  const field = targetView.field(path.slice(dot + 1));
  if (!field) {
    refuse(walk, where, unknownField(targetView, path.slice(dot + 1)));
    return null;
  }
  return {
    field,
    wrap: (condition) => {
      const alias = walk.scope.nextAlias();
      const link = `${alias}."id" = ${fieldSql(reference, 't')}`;
      const visible = walk.scope.visible(target, alias);
      return `EXISTS (SELECT 1 FROM ${target.table} ${alias} WHERE ${link} AND ${visible} AND ${condition(alias)})`;
    },
  };
}

function refuse(walk: Walk, path: string, message: string): string {
  walk.problems.add(path, message);
  return 'FALSE';
}
