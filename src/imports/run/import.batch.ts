import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { DomainError, type FieldProblem } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { RecordService, type RecordData } from '../../records/index.js';
import type { CsvRow } from '../csv/csv-source.js';
import type { ConvertedRow, RowProblem } from '../mapping/convert-row.js';
import type { Mapping } from '../mapping/mapping.js';
import { noCounts, type ImportCounts } from './import.row.js';
import { RecordSearch } from './record-search.js';
import { ReferenceFinder, resolveReference, type FoundReferences } from './reference-finder.js';
import { isSameValues } from './same-values.js';

export interface BatchOutcome {
  readonly counts: ImportCounts;
  readonly failures: readonly { readonly row: CsvRow; readonly problems: readonly RowProblem[] }[];
}

type Counts = { -readonly [Name in keyof ImportCounts]: ImportCounts[Name] };

interface Work {
  readonly ctx: RequestContext;
  readonly tx: QueryRunner;
  readonly mapping: Mapping;
  readonly counts: Counts;
  readonly failures: { row: CsvRow; problems: readonly RowProblem[] }[];
}

/** Writes some rows inside the caller's transaction: each becomes a record, a changed record, or a failure. */
@Injectable()
export class ImportBatch {
  constructor(
    private readonly records: RecordService,
    private readonly references: ReferenceFinder,
    private readonly search: RecordSearch,
  ) {}

  async write(
    ctx: RequestContext,
    tx: QueryRunner,
    mapping: Mapping,
    rows: readonly ConvertedRow[],
    known: FoundReferences,
  ): Promise<BatchOutcome> {
    const work = newWork(ctx, tx, mapping);
    const lookups = rows.flatMap((row) => row.lookups);
    await this.references.find(ctx, tx, lookups, known);
    for (const row of rows) for (const lookup of row.lookups) resolveReference(row, lookup, known);
    const existing = await this.existing(work, rows);
    await this.create(
      work,
      rows.filter((row) => row.problems.length === 0 && !existing.has(row.key ?? '')),
    );
    for (const row of rows) {
      const record = existing.get(row.key ?? '');
      if (row.problems.length > 0) fail(work, row, row.problems);
      else if (record) await this.update(work, row, record);
    }
    return work;
  }

  /** Sets the references that lead to other rows of the same file, now that all of them are in. */
  async link(
    ctx: RequestContext,
    tx: QueryRunner,
    mapping: Mapping,
    rows: readonly ConvertedRow[],
    known: FoundReferences,
  ): Promise<BatchOutcome> {
    const work = newWork(ctx, tx, mapping);
    const linked = rows.filter((row) => row.deferred.length > 0 && row.problems.length === 0);
    const lookups = linked.flatMap((row) => row.deferred);
    await this.references.find(ctx, tx, lookups, known);
    const existing = await this.existing(work, linked);
    for (const row of linked) {
      const record = existing.get(row.key ?? '');
      const links: ConvertedRow = { ...row, input: {}, problems: [] };
      for (const lookup of row.deferred) resolveReference(links, lookup, known);
      // a row that is not there failed in the first pass, and was told then
      if (!record) continue;
      if (links.problems.length > 0) fail(work, row, links.problems);
      else if (!isSameValues(links.input, record)) await this.patch(work, row, record, links.input);
    }
    // the rows were counted when they were written
    return { ...work, counts: { ...noCounts, failed: work.counts.failed } };
  }

  /** The records that earlier imports made of these rows. Where a key leads to several, the row gets a problem. */
  private async existing(
    { ctx, tx, mapping }: Work,
    rows: readonly ConvertedRow[],
  ): Promise<Map<string, RecordData>> {
    const keys = [
      ...new Set(rows.flatMap(({ key, problems }) => (key === null || problems.length > 0 ? [] : [key]))),
    ];
    const found = await this.search.find(ctx, tx, { type: mapping.type, by: mapping.key }, keys);
    for (const row of rows)
      if ((found.get(row.key ?? '')?.length ?? 0) > 1)
        row.problems.push({
          field: mapping.key,
          message: `more than one ${mapping.type} holds "${row.key ?? ''}"`,
        });
    return new Map([...found].flatMap(([key, [record]]) => (record ? [[key, record] as const] : [])));
  }

  private async create(work: Work, rows: readonly ConvertedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { ctx, tx, mapping, counts } = work;
    const inputs = rows.map(({ input }) => withoutNulls(input));
    const { refused } = await this.records.createMany(ctx, mapping.type, inputs, { tx });
    for (const { index, errors } of refused) rows[index]?.problems.push(...errors.map(asRowProblem));
    counts.created += rows.length - refused.length;
  }

  private async update(work: Work, row: ConvertedRow, record: RecordData): Promise<void> {
    if (work.mapping.onExisting === 'skip') work.counts.skipped += 1;
    else if (isSameValues(row.input, record)) work.counts.unchanged += 1;
    else await this.patch(work, row, record, row.input);
  }

  /** A refused row must not take the chunk's transaction with it, hence the savepoint. */
  private async patch(
    work: Work,
    row: ConvertedRow,
    record: RecordData,
    input: Record<string, unknown>,
  ): Promise<void> {
    const { ctx, tx, mapping, counts } = work;
    await tx.query('SAVEPOINT import_row');
    try {
      const written = await this.records.update(ctx, mapping.type, String(record['id']), input, null, { tx });
      if (written['version'] === record['version']) counts.unchanged += 1;
      else counts.updated += 1;
    } catch (error) {
      if (!(error instanceof DomainError) || error.httpStatus >= 500) throw error;
      await tx.query('ROLLBACK TO SAVEPOINT import_row');
      const problems = error.errors?.map(asRowProblem) ?? [{ field: mapping.key, message: error.message }];
      fail(work, row, problems);
    }
    await tx.query('RELEASE SAVEPOINT import_row');
  }
}

function newWork(ctx: RequestContext, tx: QueryRunner, mapping: Mapping): Work {
  return { ctx, tx, mapping, counts: { ...noCounts }, failures: [] };
}

function fail(work: Work, { row }: ConvertedRow, problems: readonly RowProblem[]): void {
  work.failures.push({ row, problems });
  work.counts.failed += 1;
}

/** A new record has its empty values anyway. */
function withoutNulls(input: Record<string, unknown>): Record<string, unknown> {
  const custom = input['custom'] as Record<string, unknown> | undefined;
  const kept = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
  return custom ? { ...kept, custom: withoutNulls(custom) } : kept;
}

function asRowProblem({ path, message }: FieldProblem): RowProblem {
  return { field: path, message };
}
