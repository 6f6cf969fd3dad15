// Carries one import from its file into the records, chunk by chunk. Each chunk and the place reached are one
// transaction, so that a kill at any moment neither loses nor doubles a row.
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { withTransaction } from '../../platform/database/index.js';
import { IdentityStore } from '../../access/index.js';
import { DomainError } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { checkColumns } from '../csv/check-columns.js';
import { inspectFile, readRows, type CsvRow } from '../csv/csv-source.js';
import { FileStructureError, type StructureProblem } from '../csv/structure.errors.js';
import { IMPORT_OPTIONS, type ImportOptions } from '../imports.options.js';
import { rowConverter, type ConvertedRow } from '../mapping/convert-row.js';
import { parseMapping } from '../mapping/parse-mapping.js';
import type { Mapping } from '../mapping/mapping.js';
import { ImportBatch, type BatchOutcome } from './import.batch.js';
import { addCounts, noCounts, type ImportCounts, type ImportRow } from './import.row.js';
import { ImportStore } from './import.store.js';
import { FoundReferences } from './reference-finder.js';
import { RowErrorFile } from './row-error-file.js';

const chunkRows = 500;

/** Ends a run early: by a person's wish, or because the server stops. */
class RunStopped extends Error {
  constructor(readonly reason: 'cancelled' | 'shutdown' | 'rolled-back' | 'dry-run') {
    super(reason);
  }
}

interface Run {
  readonly ctx: RequestContext;
  readonly row: ImportRow;
  readonly mapping: Mapping;
  readonly path: string;
  readonly errors: RowErrorFile;
  readonly signal: AbortSignal;
  known: FoundReferences;
  counts: ImportCounts;
}

@Injectable()
export class ImportRunner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ImportStore,
    private readonly batch: ImportBatch,
    private readonly identities: IdentityStore,
    @Inject(IMPORT_OPTIONS) private readonly options: ImportOptions,
  ) {}

  /** Does nothing where the import has ended or another process has it. */
  async run(importId: string, requestId: string, signal: AbortSignal): Promise<void> {
    const row = await this.store.take(importId);
    if (!row) return;
    try {
      await this.runTaken(await this.contextOf(row, requestId), row, signal);
      await this.store.finish(row.id, 'done');
    } catch (error) {
      await this.end(row, error);
    }
  }

  /** The importer's rights as they are now: whoever lost them meanwhile imports nothing more. */
  private async contextOf(row: ImportRow, requestId: string): Promise<RequestContext> {
    const identity =
      row.principal.userId === null ? null : await this.identities.byUserId(row.principal.userId);
    if (!identity)
      throw new FileStructureError([
        { line: 1, message: 'the person who began this import may no longer sign in' },
      ]);
    return { requestId, principal: identity.principal, ip: null, origin: 'import' };
  }

  private async end(row: ImportRow, error: unknown): Promise<void> {
    if (error instanceof FileStructureError) return this.store.finish(row.id, 'failed', error.problems);
    if (error instanceof RunStopped) {
      if (error.reason === 'shutdown') return this.store.release(row.id);
      return this.store.finish(row.id, error.reason === 'cancelled' ? 'cancelled' : 'failed');
    }
    if (error instanceof DomainError && error.httpStatus < 500)
      return this.store.finish(row.id, 'failed', asProblems(error));
    // given back first: the queue tries again, and the next attempt goes on from the last committed chunk
    await this.store.release(row.id);
    throw error;
  }

  private async runTaken(ctx: RequestContext, row: ImportRow, signal: AbortSignal): Promise<void> {
    const mapping = parseMapping(row.mapping);
    const path = join(this.options.folder, `${row.id}.csv`);
    const shape = await inspectFile(path, mapping.format);
    const problems = checkColumns(shape.header, mapping);
    if (problems.length > 0) throw new FileStructureError(problems);
    await this.store.setTotal(row.id, shape.rows);
    const isOneTransaction = row.isDryRun || row.isAllOrNothing;
    const errorPath = join(this.options.folder, `${row.id}.errors.csv`);
    const errors = await RowErrorFile.open(errorPath, shape.header, isOneTransaction ? 0 : row.errorBytes);
    try {
      const known = new FoundReferences();
      const run: Run = {
        ctx,
        row,
        mapping,
        path,
        errors,
        signal,
        known,
        counts: isOneTransaction ? noCounts : row,
      };
      if (isOneTransaction) await this.runAtOnce(run);
      else await this.runInChunks(run);
    } finally {
      await errors.close();
    }
  }

  private async runInChunks(run: Run): Promise<void> {
    await this.batch.defineCustomFields(run.ctx, run.mapping);
    for await (const { rows, end } of chunksOf(run, run.row.position)) {
      await this.checkStop(run);
      await withTransaction(this.dataSource, (tx) => this.writeChunk(run, tx, rows, end));
    }
    if (!hasDeferred(run.mapping)) return;
    run.known = new FoundReferences();
    for await (const { rows, end } of chunksOf(run, run.row.linked)) {
      await this.checkStop(run);
      await withTransaction(this.dataSource, (tx) => this.linkChunk(run, tx, rows, end));
    }
  }

  /** Progress is told on a connection of its own here: what the transaction holds nobody else can see. */
  private async runAtOnce(run: Run): Promise<void> {
    const made = await this.batch.defineCustomFields(run.ctx, run.mapping);
    try {
      await this.runInOneTransaction(run);
    } catch (error) {
      // nothing is kept, so neither are the fields; an import that only stops with its server goes on with them
      if (!(error instanceof RunStopped && error.reason === 'shutdown'))
        await this.batch.removeCustomFields(run.ctx, made);
      if (!(error instanceof RunStopped && error.reason === 'dry-run')) throw error;
    }
  }

  private async runInOneTransaction(run: Run): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      for await (const { rows, end } of chunksOf(run, 0)) {
        await this.checkStop(run);
        await this.writeChunk(run, tx, rows, end, this.dataSource);
      }
      run.known = new FoundReferences();
      if (hasDeferred(run.mapping)) {
        for await (const { rows, end } of chunksOf(run, 0)) {
          await this.checkStop(run);
          await this.linkChunk(run, tx, rows, end, this.dataSource);
        }
      }
      if (run.row.isAllOrNothing && run.counts.failed > 0 && !run.row.isDryRun)
        throw new RunStopped('rolled-back');
      if (run.row.isDryRun) throw new RunStopped('dry-run');
    });
  }

  private async writeChunk(
    run: Run,
    tx: QueryRunner,
    rows: ConvertedRow[],
    end: number,
    progress: QueryRunner | DataSource = tx,
  ): Promise<void> {
    const outcome = await this.batch.write(run.ctx, tx, run.mapping, rows, run.known);
    await this.record(run, outcome);
    await this.store.advance(progress, run.row.id, end, run.counts, run.errors.bytes);
  }

  private async linkChunk(
    run: Run,
    tx: QueryRunner,
    rows: ConvertedRow[],
    end: number,
    progress: QueryRunner | DataSource = tx,
  ): Promise<void> {
    const outcome = await this.batch.link(run.ctx, tx, run.mapping, rows, run.known);
    await this.record(run, outcome);
    await this.store.advanceLinks(progress, run.row.id, end, run.counts.failed, run.errors.bytes);
  }

  private async record(run: Run, outcome: BatchOutcome): Promise<void> {
    run.counts = addCounts(run.counts, outcome.counts);
    await run.errors.write(outcome.failures);
  }

  private async checkStop(run: Run): Promise<void> {
    if (run.signal.aborted) throw new RunStopped('shutdown');
    if ((await this.store.beat(run.row.id)) === 'cancelling') throw new RunStopped('cancelled');
  }
}

/** A refusal stays one however often it is tried. */
function asProblems({ message, errors }: DomainError): StructureProblem[] {
  const reasons = (errors ?? []).map((problem) => `${problem.path}: ${problem.message}`);
  return [{ line: 1, message: [message, ...reasons].join(' ') }];
}

function hasDeferred(mapping: Mapping): boolean {
  return mapping.fields.some(({ lookup }) => lookup?.defer === true);
}

interface Chunk {
  readonly rows: ConvertedRow[];
  /** how many data rows of the file are dealt with once this chunk is */
  readonly end: number;
}

/** Converted rows from `from` on. `distinct` looks at the whole file, so rows before `from` are read, but not converted. */
async function* chunksOf(run: Run, from: number): AsyncGenerator<Chunk> {
  const convert = rowConverter(run.mapping);
  const isNew = distinctFilter(run.mapping);
  let rows: ConvertedRow[] = [];
  let end = from;
  for await (const row of readRows(run.path, run.mapping.format)) {
    const isWanted = isNew(row);
    if (row.index < from) continue;
    if (isWanted) rows.push(convert(row));
    end = row.index + 1;
    if (end % chunkRows !== 0) continue;
    yield { rows, end };
    rows = [];
  }
  if (end > from || rows.length > 0) yield { rows, end };
}

function distinctFilter(mapping: Mapping): (row: CsvRow) => boolean {
  const column = mapping.distinct;
  if (column === undefined) return () => true;
  const seen = new Set<string>();
  return (row) => {
    const value = row.values[column] ?? '';
    if (seen.has(value)) return false;
    seen.add(value);
    return true;
  };
}
