import { query, type SqlRunner } from '../../../platform/database/index.js';
import type { RecordTypeMeta } from '../../../records/index.js';
import { Aliases } from '../compile/aliases.js';
import { attachmentMembershipSql, attachmentTable } from '../compile/attachments-sql.js';
import { membershipSql } from '../compile/membership-sql.js';
import { identifier } from '../compile/sql-text.js';
import { attachmentType, type CloudPolicy } from '../document/policy.model.js';

/** Rows that come or go, a few of them by name. */
export interface Movement {
  readonly count: number;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly id: string;
  /** null where the caller may not read it */
  readonly title: string | null;
}

export interface RowChange {
  readonly now: number;
  readonly then: number;
  readonly enters: Movement;
  readonly leaves: Movement;
}

export interface FileAmount {
  readonly count: number;
  readonly bytes: number;
}

export type FileChange = Readonly<Record<'now' | 'then' | 'enters' | 'leaves', FileAmount>>;

const maxSamples = 5;

interface ComparedRow {
  now: string;
  then: string;
  enters: string;
  leaves: string;
  entering: string[] | null;
  leaving: string[] | null;
}

/**
 * What one type's selection gains and loses: the view in force, which is the truth of what goes now, against the
 * conditions of the policy in hand. Two reads and two hashes, whatever the number of rows.
 */
export async function compareRows(
  runner: SqlRunner,
  policy: CloudPolicy,
  type: RecordTypeMeta,
  isInForce: boolean,
  showsTitles: boolean,
): Promise<RowChange> {
  const [row] = await query<ComparedRow>(
    runner,
    `WITH before AS MATERIALIZED (${nowSql(isInForce, type.name, 'v.id')}),
       after AS MATERIALIZED (
         SELECT t.id FROM ${type.table} t WHERE ${membershipSql(policy, type.name, 't', new Aliases())}),
       entering AS MATERIALIZED (SELECT a.id FROM after a WHERE NOT EXISTS (SELECT 1 FROM before b WHERE b.id = a.id)),
       leaving AS MATERIALIZED (SELECT b.id FROM before b WHERE NOT EXISTS (SELECT 1 FROM after a WHERE a.id = b.id))
     SELECT (SELECT count(*) FROM before) AS now, (SELECT count(*) FROM after) AS "then",
       (SELECT count(*) FROM entering) AS enters, (SELECT count(*) FROM leaving) AS leaves,
       ARRAY (SELECT id FROM entering ORDER BY id LIMIT ${String(maxSamples)}) AS entering,
       ARRAY (SELECT id FROM leaving ORDER BY id LIMIT ${String(maxSamples)}) AS leaving`,
  );
  const titles = showsTitles
    ? await readTitles(runner, type, [...(row?.entering ?? []), ...(row?.leaving ?? [])])
    : new Map<string, string | null>();
  const samples = (ids: readonly string[] | null | undefined): Sample[] =>
    (ids ?? []).map((id) => ({ id, title: titles.get(id) ?? null }));
  return {
    now: Number(row?.now ?? 0),
    then: Number(row?.then ?? 0),
    enters: { count: Number(row?.enters ?? 0), samples: samples(row?.entering) },
    leaves: { count: Number(row?.leaves ?? 0), samples: samples(row?.leaving) },
  };
}

async function readTitles(
  runner: SqlRunner,
  type: RecordTypeMeta,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map();
  const columns = type.title.flatMap((name) => type.fieldByName.get(name)?.column ?? []);
  const rows = await query<{ id: string; title: string | null }>(
    runner,
    `SELECT t.id, nullif(concat_ws(' ', ${columns.map((column) => `t.${identifier(column)}`).join(', ')}), '') AS title
     FROM ${type.table} t WHERE t.id = ANY ($1)`,
    [ids],
  );
  return new Map(rows.map(({ id, title }) => [id, title]));
}

interface ComparedFiles {
  type: string;
  isBefore: boolean;
  isAfter: boolean;
  count: string;
  bytes: string;
}

/** The same for files, by the type of record that they hang on. */
export async function compareFiles(
  runner: SqlRunner,
  policy: CloudPolicy,
  isInForce: boolean,
): Promise<Map<string, FileChange>> {
  const rows = await query<ComparedFiles>(
    runner,
    `WITH before AS MATERIALIZED (${nowSql(isInForce, attachmentType, 'v.id')}),
       after AS MATERIALIZED (
         SELECT t.id FROM ${attachmentTable} t WHERE ${attachmentMembershipSql(policy, 't', new Aliases())})
     SELECT t.record_type AS type, b.id IS NOT NULL AS "isBefore", a.id IS NOT NULL AS "isAfter",
       count(*) AS count, sum(t.bytes) AS bytes
     FROM before b FULL JOIN after a ON a.id = b.id JOIN ${attachmentTable} t ON t.id = coalesce(a.id, b.id)
     GROUP BY 1, 2, 3`,
  );
  const changes = new Map<string, FileChange>();
  for (const type of new Set(rows.map((row) => row.type))) {
    const sum = (matches: (row: ComparedFiles) => boolean): FileAmount => {
      const chosen = rows.filter((row) => row.type === type && matches(row));
      return {
        count: chosen.reduce((total, row) => total + Number(row.count), 0),
        bytes: chosen.reduce((total, row) => total + Number(row.bytes), 0),
      };
    };
    changes.set(type, {
      now: sum((row) => row.isBefore),
      then: sum((row) => row.isAfter),
      enters: sum((row) => row.isAfter && !row.isBefore),
      leaves: sum((row) => row.isBefore && !row.isAfter),
    });
  }
  return changes;
}

function nowSql(isInForce: boolean, type: string, id: string): string {
  return isInForce ? `SELECT ${id} FROM cloud.${identifier(type)} v` : 'SELECT NULL::uuid AS id WHERE FALSE';
}
