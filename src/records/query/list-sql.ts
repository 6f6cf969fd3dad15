import type { RecordData } from '../ports/record-behaviour.js';
import type { TextRow } from '../sql/record-database.js';
import type { TypeView } from '../view/type-view.js';
import { readCursor, writeCursor } from './cursor.js';
import { compileExpansion } from './expansion.js';
import { compileFilter } from './filter.js';
import { branchesOf, outerOrder, type Branch } from './keyset.js';
import { countCap, defaultLimit, maxLimit, type ListQuery } from './list-query.js';
import { projectionOf } from './projection.js';
import { QueryProblems, unknownField } from './query-problems.js';
import { compileSearch } from './search.js';
import { parseSort, type SortKey } from './sort.js';
import type { SqlScope } from './sql-scope.js';

export interface CompiledList {
  readonly text: string;
  readonly params: readonly unknown[];
  readonly limit: number;
  readonly toRecord: (row: TextRow) => RecordData;
  readonly cursorAfter: (row: TextRow) => string;
}

/** The one statement of a list: a row more than asked for is read, to know whether there is a next page. */
export function compileList(view: TypeView, query: ListQuery, scope: SqlScope): CompiledList {
  const problems = new QueryProblems();
  const limit = checkLimit(query.limit ?? defaultLimit, problems);
  const projection = projectionOf(view, checkFields(query.fields, view, problems));
  const where = whereOf(view, query, scope, problems);
  const keys = parseSort(query.sort, view, problems);
  const cursor = query.cursor === undefined ? null : readCursor(query.cursor, keys, problems);
  const expansion = compileExpansion(query.expand ?? [], view, scope, problems);
  problems.throwIfAny();
  const branches = branchesOf(keys, cursor, (value) => scope.bind(value));
  const sortColumns = keys.map(({ sql }, index) => `${sql} AS "k${String(index)}"`);
  const columns = [projection.columns, ...expansion.columns, ...sortColumns].filter(Boolean).join(', ');
  const expansionAt = projection.width;
  const sortAt = projection.width + expansion.columns.length;
  return {
    text: statement(view, columns, where, keys, branches, limit + 1),
    params: scope.params,
    limit,
    toRecord: (row) => {
      const record = projection.toRecord(row);
      expansion.addTo(row, expansionAt, record);
      return record;
    },
    cursorAfter: (row) => writeCursor(keys, row.slice(sortAt)),
  };
}

/** Counts at most one more than the cap, so its cost is bounded too. */
export function compileCount(view: TypeView, query: ListQuery, scope: SqlScope): string {
  const rows = `SELECT 1 FROM ${compileRows(view, query, scope)} LIMIT ${String(countCap + 1)}`;
  return `SELECT count(*) FROM (${rows}) c`;
}

/** What stands after FROM: the table as `t`, with every condition of the list. */
export function compileRows(view: TypeView, query: ListQuery, scope: SqlScope): string {
  const problems = new QueryProblems();
  const where = whereOf(view, query, scope, problems);
  problems.throwIfAny();
  return `${view.type.table} t WHERE ${where}`;
}

function whereOf(view: TypeView, query: ListQuery, scope: SqlScope, problems: QueryProblems): string {
  const parts = [scope.visible(view.type, 't')];
  if (query.filter !== undefined) parts.push(compileFilter(query.filter, view, scope, problems));
  if (query.q !== undefined) parts.push(compileSearch(query.q, view, scope, problems));
  return parts.join(' AND ');
}

function statement(
  view: TypeView,
  columns: string,
  where: string,
  keys: readonly SortKey[],
  branches: readonly Branch[],
  rows: number,
): string {
  const scans = branches.map(
    (branch) =>
      `SELECT ${columns} FROM ${view.type.table} t WHERE ${where}${branch.where ? ` AND ${branch.where}` : ''} ` +
      `ORDER BY ${branch.orderBy} LIMIT ${String(rows)}`,
  );
  if (scans.length === 1) return String(scans[0]);
  const both = scans.map((scan) => `(${scan})`).join(' UNION ALL ');
  return `SELECT * FROM (${both}) u ORDER BY ${outerOrder(keys)} LIMIT ${String(rows)}`;
}

function checkLimit(limit: number, problems: QueryProblems): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
  return defaultLimit;
}

/** `custom` stands for all custom fields, `custom.<key>` for one. */
export function checkFields(
  fields: readonly string[] | undefined,
  view: TypeView,
  problems: QueryProblems,
): readonly string[] | undefined {
  for (const path of fields ?? [])
    if (path !== 'custom' && !view.field(path)) problems.add('fields', unknownField(view, path));
  return fields;
}
