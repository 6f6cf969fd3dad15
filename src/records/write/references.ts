import type { QueryRunner } from 'typeorm';
import type { FieldProblem } from '../../platform/errors/index.js';
import { findRecordType } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordData } from '../ports/record-behaviour.js';
import type { SqlScope } from '../query/sql-scope.js';
import type { RecordDatabase } from '../sql/record-database.js';

/** A record whose references are to be checked, and which of them were given. */
export interface Referring {
  readonly after: Readonly<RecordData>;
  readonly given: ReadonlySet<string>;
}

/**
 * Every reference that was given must lead to a live record that the caller may see: else one could find out by
 * writing what one may not read. One statement for a whole batch.
 * @returns per record what is wrong with it
 */
export async function checkReferences(
  database: RecordDatabase,
  tx: QueryRunner,
  scope: SqlScope,
  type: RecordTypeMeta,
  records: readonly Referring[],
): Promise<FieldProblem[][]> {
  const fields = type.fields.filter((field) => field.target && !field.readOnly);
  const wanted = new Map<string, Set<string>>();
  for (const { after, given } of records)
    for (const { name, target } of fields) {
      const id = given.has(name) ? after[name] : null;
      if (typeof id === 'string' && target) wanted.set(target, (wanted.get(target) ?? new Set()).add(id));
    }
  if (wanted.size === 0) return records.map(() => []);
  const found = await findVisible(database, tx, scope, wanted);
  return records.map(({ after, given }) =>
    fields
      .filter(({ name, target }) => {
        const id = given.has(name) ? after[name] : null;
        return typeof id === 'string' && !found.has(`${target ?? ''}:${id}`);
      })
      .map(({ name, target }) => ({ path: name, message: `there is no ${target ?? 'record'} with this id` })),
  );
}

async function findVisible(
  database: RecordDatabase,
  tx: QueryRunner,
  scope: SqlScope,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Set<string>> {
  const parts = [...wanted].flatMap(([name, ids]) => {
    const target = findRecordType(name);
    if (!target) return [];
    const list = scope.bind([...ids]);
    return [
      `SELECT '${target.name}:' || r."id"::text FROM ${target.table} r ` +
        `WHERE r."id" = ANY(${list}::uuid[]) AND ${scope.visible(target, 'r')}`,
    ];
  });
  const rows = await database.read(parts.join(' UNION ALL '), scope.params, tx);
  return new Set(rows.map(([key]) => key ?? ''));
}
