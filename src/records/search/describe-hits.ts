import type { QueryRunner } from 'typeorm';
import { findRecordType } from '../metadata/registry.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import { titleSql } from '../query/expansion.js';
import type { SqlScope } from '../query/sql-scope.js';
import type { RecordDatabase, TextRow } from '../sql/record-database.js';
import { fieldSql, type TypeView } from '../view/type-view.js';
import type { Candidate } from './candidates.js';
import { matchedText } from './ranking.js';
import type { SearchTerms } from './search-terms.js';

export interface SearchHit {
  readonly type: string;
  readonly id: string;
  readonly title: string | null;
  /** what tells records of one name apart: `Acme · Buyer`; null where there is nothing, or nothing to be seen */
  readonly subtitle: string | null;
  /** where the title does not show why the record was found */
  readonly matched: { readonly field: string; readonly snippet: string } | null;
  /** 1 is best */
  readonly rank: number;
}

/** Of a long text so much is looked through for the words that were found. */
const maxLookedThrough = 20_000;

/** Title, subtitle and the place found, of the few records that are shown: one statement per search. */
export async function describeHits(
  database: RecordDatabase,
  tx: QueryRunner,
  newScope: () => SqlScope,
  terms: SearchTerms,
  hits: readonly Candidate[],
): Promise<SearchHit[]> {
  if (hits.length === 0) return [];
  const scope = newScope();
  const views = [...new Set(hits.map(({ view }) => view))];
  const parts = views.map((view) => {
    const ids = hits.filter((hit) => hit.view === view).map(({ id }) => id);
    return `(${describeSql(view, ids, scope)})`;
  });
  const rows = await database.read(parts.join(' UNION ALL '), scope.params, tx);
  const byKey = new Map(rows.map((row) => [`${row[0] ?? ''}:${row[1] ?? ''}`, row]));
  return hits.flatMap((hit) => {
    const row = byKey.get(`${hit.view.type.name}:${hit.id}`);
    return row ? [toHit(hit, row, terms)] : [];
  });
}

function describeSql(view: TypeView, ids: readonly string[], scope: SqlScope): string {
  const { type } = view;
  const title = type.title.flatMap((name) => view.field(name) ?? []).map((field) => fieldSql(field, 't'));
  const subtitle = type.subtitle.flatMap((name) => {
    const field = view.field(name);
    return field ? [partSql(field, scope)] : [];
  });
  const texts = searchedFields(view).map(
    (field) => `left(${fieldSql(field, 't')}, ${String(maxLookedThrough)})`,
  );
  return (
    `SELECT '${type.name}', t."id"::text, concat_ws(' '${title.map((sql) => `, ${sql}`).join('')}), ` +
    `json_build_array(${subtitle.join(', ')})::text, json_build_array(${texts.join(', ')})::text ` +
    `FROM ${type.table} t WHERE t."id" = ANY(${scope.bind(ids)}::uuid[]) AND ${scope.visible(type, 't')}`
  );
}

function partSql(field: FieldMeta, scope: SqlScope): string {
  const target = field.target ? findRecordType(field.target) : undefined;
  return target ? titleSql(target, fieldSql(field, 't'), scope) : fieldSql(field, 't');
}

function searchedFields(view: TypeView): FieldMeta[] {
  return [...view.fields, ...view.custom].filter(({ search }) => search);
}

function toHit({ view, id, rank }: Candidate, row: TextRow, terms: SearchTerms): SearchHit {
  const parts = (JSON.parse(row[3] ?? '[]') as (string | null)[]).filter(Boolean);
  const values = JSON.parse(row[4] ?? '[]') as (string | null)[];
  const texts = searchedFields(view).flatMap((field, index) => {
    const text = values[index];
    return text ? [{ field, text }] : [];
  });
  const title = row[2] === '' ? null : (row[2] ?? null);
  const subtitle = parts.length === 0 ? null : parts.join(' · ');
  return { type: view.type.name, id, title, subtitle, matched: matchedText(terms, title ?? '', texts), rank };
}
