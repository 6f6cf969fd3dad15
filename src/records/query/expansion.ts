import { findRecordType } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordData } from '../ports/record-behaviour.js';
import type { TextRow } from '../sql/record-database.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import type { QueryProblems } from './query-problems.js';
import type { SqlScope } from './sql-scope.js';

/** Adds `account: { id, title }` beside `accountId`; the title is null where the record is out of sight. */
export interface Expansion {
  readonly columns: readonly string[];
  /** @param at where the first of the columns stands in the row */
  readonly addTo: (row: TextRow, at: number, record: RecordData) => void;
}

export function compileExpansion(
  names: readonly string[],
  view: TypeView,
  scope: SqlScope,
  problems: QueryProblems,
): Expansion {
  const columns: string[] = [];
  const relations: string[] = [];
  for (const name of new Set(names)) {
    const field = view.field(name) ?? view.relation(name);
    const target = field?.target ? findRecordType(field.target) : undefined;
    if (!field?.relation || !target) {
      problems.add('expand', `${JSON.stringify(name.slice(0, 100))} is not a reference of ${view.type.name}`);
      continue;
    }
    const link = fieldSql(field, 't');
    columns.push(link, titleSql(target, link, scope));
    relations.push(field.relation);
  }
  return {
    columns,
    addTo: (row, at, record) => {
      addRelations(relations, row, at, record);
    },
  };
}

function addRelations(relations: readonly string[], row: TextRow, at: number, record: RecordData): void {
  for (const [index, relation] of relations.entries()) {
    const id = row[at + index * 2] ?? null;
    record[relation] = id === null ? null : { id, title: row[at + index * 2 + 1] ?? null };
  }
}

/** SQL of the title that people know the linked record by, made of the visible title fields. */
export function titleSql(target: RecordTypeMeta, link: string, scope: SqlScope): string {
  const alias = scope.nextAlias();
  const view = scope.view(target);
  const parts = target.title.flatMap((name) => {
    const field = view.field(name);
    return field ? [fieldSql(field, alias)] : [];
  });
  if (parts.length === 0) return 'NULL';
  const title = parts.length === 1 ? String(parts[0]) : `concat_ws(' ', ${parts.join(', ')})`;
  const visible = scope.visible(target, alias);
  return `(SELECT ${title} FROM ${target.table} ${alias} WHERE ${alias}."id" = ${link} AND ${visible})`;
}
