import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { DomainError, type FieldProblem } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { CustomFieldRegistry, CustomFields, RecordService, type RecordData } from '../../records/index.js';
import type { CsvRow } from '../csv/csv-source.js';
import type { ConvertedRow, PendingLookup, RowProblem } from '../mapping/convert-row.js';
import type { Mapping } from '../mapping/mapping.js';
import { noCounts, type ImportCounts } from './import.row.js';
import { isSameValues } from './same-values.js';
import { FoundReferences, ReferenceFinder } from './reference-finder.js';

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
    private readonly customFields: CustomFields,
    private readonly registry: CustomFieldRegistry,
  ) {}

  /**
   * Makes the custom fields that the mapping brings along, where they are missing.
   * @returns ids of those made now
   */
  async defineCustomFields(ctx: RequestContext, mapping: Mapping): Promise<string[]> {
    const made: string[] = [];
    const known = new Set(
      this.registry
        .all()
        .filter(({ type }) => type === mapping.type)
        .map(({ key }) => key),
    );
    for (const { key, label, kind, options, classification } of mapping.customFields) {
      if (known.has(key)) continue;
      const choices = kind === 'choice' ? { options } : {};
      const { id } = await this.customFields.create(ctx, {
        type: mapping.type,
        key,
        label,
        kind,
        classification,
        ...choices,
      });
      made.push(id);
    }
    return made;
  }

  async removeCustomFields(ctx: RequestContext, ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.customFields.remove(ctx, id, true);
  }

  async write(
    ctx: RequestContext,
    tx: QueryRunner,
    mapping: Mapping,
    rows: readonly ConvertedRow[],
    known: FoundReferences,
  ): Promise<BatchOutcome> {
    const work: Work = { ctx, tx, mapping, counts: { ...noCounts }, failures: [] };
    await this.references.find(
      ctx,
      tx,
      rows.flatMap(({ lookups }) => lookups),
      known,
    );
    for (const row of rows) for (const lookup of row.lookups) resolve(row, lookup, known);
    const fine = rows.filter((row) => row.problems.length === 0);
    for (const row of rows) if (row.problems.length > 0) fail(work, row, row.problems);
    const existing = await this.existing(work, fine);
    await this.create(
      work,
      firstOfEachKey(
        work,
        fine.filter(({ key }) => !existing.has(key ?? '')),
      ),
    );
    for (const row of fine) {
      const record = existing.get(row.key ?? '');
      if (record) await this.update(work, row, record);
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
    const work: Work = { ctx, tx, mapping, counts: { ...noCounts }, failures: [] };
    const linked = rows.filter((row) => row.deferred.length > 0 && row.problems.length === 0);
    await this.references.find(
      ctx,
      tx,
      linked.flatMap(({ deferred }) => deferred),
      known,
    );
    const existing = await this.existing(work, linked);
    for (const row of linked) {
      const record = existing.get(row.key ?? '');
      const links: ConvertedRow = { ...row, input: {}, problems: [] };
      for (const lookup of row.deferred) resolve(links, lookup, known);
      if (links.problems.length > 0) fail(work, row, links.problems);
      else if (record && !isSameValues(links.input, record)) await this.patch(work, row, record, links.input);
    }
    // the rows were counted when they were written
    return { ...work, counts: { ...noCounts, failed: work.counts.failed } };
  }

  private async existing(
    { ctx, tx, mapping }: Work,
    rows: readonly ConvertedRow[],
  ): Promise<Map<string, RecordData>> {
    const found = new Map<string, RecordData>();
    const keys = [...new Set(rows.map(({ key }) => key))];
    for (let start = 0; start < keys.length; start += 100) {
      const filter = { field: mapping.key, op: 'in', value: keys.slice(start, start + 100) };
      const { data } = await this.records.list(ctx, mapping.type, { filter, limit: 200 }, tx);
      for (const record of data) found.set(String(record[mapping.key]), record);
    }
    return found;
  }

  private async create(work: Work, rows: readonly ConvertedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { ctx, tx, mapping, counts } = work;
    const { refused } = await this.records.createMany(
      ctx,
      mapping.type,
      rows.map(({ input }) => withoutNulls(input)),
      { tx },
    );
    for (const { index, errors } of refused) {
      const row = rows[index];
      if (row) fail(work, row, errors.map(asRowProblem));
    }
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
      await tx.query('RELEASE SAVEPOINT import_row');
      if (written['version'] === record['version']) counts.unchanged += 1;
      else counts.updated += 1;
    } catch (error) {
      if (!(error instanceof DomainError) || error.httpStatus >= 500) throw error;
      await tx.query('ROLLBACK TO SAVEPOINT import_row');
      const problems = error.errors?.map(asRowProblem) ?? [{ field: mapping.key, message: error.message }];
      fail(work, row, problems);
    }
  }
}

function resolve(row: ConvertedRow, { field, lookup, text }: PendingLookup, known: FoundReferences): void {
  const found = known.get(lookup, text) ?? 'none';
  if (found === 'none')
    row.problems.push({ field, message: `there is no ${lookup.type} whose ${lookup.by} is "${text}"` });
  else if (found === 'several')
    row.problems.push({
      field,
      message: `there is more than one ${lookup.type} whose ${lookup.by} is "${text}"`,
    });
  else row.input[field] = found.id;
}

function fail(work: Work, { row }: ConvertedRow, problems: readonly RowProblem[]): void {
  work.failures.push({ row, problems });
  work.counts.failed += 1;
}

/** The second row of a key in one file is an error of the file, not a change of the first. */
function firstOfEachKey(work: Work, rows: readonly ConvertedRow[]): ConvertedRow[] {
  const seen = new Set<string | null>();
  return rows.filter((row) => {
    if (!seen.has(row.key)) return seen.add(row.key);
    fail(work, row, [{ field: work.mapping.key, message: `"${row.key ?? ''}" stands twice in the file` }]);
    return false;
  });
}

/** A new record has its empty values anyway. */
function withoutNulls(input: Record<string, unknown>): Record<string, unknown> {
  const custom = input['custom'] as Record<string, unknown> | undefined;
  const kept = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
  return custom
    ? { ...kept, custom: Object.fromEntries(Object.entries(custom).filter(([, value]) => value !== null)) }
    : kept;
}

function asRowProblem({ path, message }: FieldProblem): RowProblem {
  return { field: path, message };
}
