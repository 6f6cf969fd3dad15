// Takes an import for this process, sees to it that the file is sound, runs it, and settles how that ended.
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withTransaction } from '../../platform/database/index.js';
import { DomainError } from '../../platform/errors/index.js';
import { safeError } from '../../platform/logging/index.js';
import { checkColumns } from '../csv/check-columns.js';
import { inspectFile } from '../csv/csv-source.js';
import { FileStructureError, type StructureProblem } from '../csv/structure.errors.js';
import { ImportFiles } from '../files/import-files.js';
import { ImportsAudit } from '../imports.audit.js';
import { parseMapping } from '../mapping/parse-mapping.js';
import { ImportHolding } from './import.holding.js';
import { ImportPermit } from './import.permit.js';
import { isOneTransaction, noCounts, type EndState, type ImportRow } from './import.row.js';
import { ImportRun } from './import.run.js';
import { ImportRunner } from './import.runner.js';
import { finishImport, ImportStore, ImportTaken } from './import.store.js';
import { RowErrorFile } from './row-error-file.js';
import { RunStopped } from './run-stopped.js';

const beatEveryMs = 4_000;
/** Runs in a row that ended in an unexpected error without getting on. */
const mostAttempts = 8;

@Injectable()
export class ImportAttempt {
  private readonly logger = new Logger(ImportAttempt.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ImportStore,
    private readonly holding: ImportHolding,
    private readonly permit: ImportPermit,
    private readonly files: ImportFiles,
    private readonly runner: ImportRunner,
    private readonly audit: ImportsAudit,
  ) {}

  /** Does nothing where the import has ended or another process has it. */
  async run(importId: string, requestId: string, signal: AbortSignal): Promise<void> {
    const row = await this.holding.take(importId);
    if (!row) return;
    // an import of a big file reads it whole before its first chunk, and a chunk may wait for a lock
    const beating = setInterval(() => void this.beatOrWarn(row), beatEveryMs).unref();
    try {
      await this.runTaken(row, requestId, signal);
      await this.files.dropUpload(importId);
    } catch (error) {
      await this.end(row, requestId, error);
    } finally {
      clearInterval(beating);
    }
  }

  private async runTaken(row: ImportRow, requestId: string, signal: AbortSignal): Promise<void> {
    const permit = () => this.permit.contextOf(row, requestId);
    const ctx = await permit();
    const mapping = parseMapping(row.mapping);
    const path = this.files.upload(row.id);
    const shape = await inspectFile(path, mapping.format);
    const problems = checkColumns(shape.header, mapping);
    if (problems.length > 0) throw new FileStructureError(problems);
    await this.holding.setTotal(row, shape.rows);
    const bytes = isOneTransaction(row) ? 0 : row.errorBytes;
    const errors = await RowErrorFile.open(
      this.files.errors(row.id),
      shape.header,
      mapping.format.delimiter,
      bytes,
    );
    try {
      const beat = () => this.holding.beat(row);
      await this.runner.run(new ImportRun({ row, mapping, path, errors, signal, beat, permit }, ctx));
    } finally {
      await errors.close();
    }
  }

  private async end(row: ImportRow, requestId: string, error: unknown): Promise<void> {
    if (error instanceof ImportTaken) return;
    if (error instanceof RunStopped && error.reason === 'shutdown') return this.holding.release(row);
    const ending = endingOf(error);
    if (ending) return this.finish(row, requestId, ...ending);
    if (row.attempts >= mostAttempts) {
      this.logger.error({ event: 'imports.given-up', importId: row.id, error: safeError(error) });
      const message = `an error of the server ended it ${String(row.attempts)} times; the server's log says more`;
      return this.finish(row, requestId, 'failed', [{ line: 1, message }]);
    }
    // given back first: the queue tries again, and the next attempt goes on from the last committed chunk
    await this.holding.release(row);
    throw error;
  }

  private async finish(
    row: ImportRow,
    requestId: string,
    state: EndState,
    problems: readonly StructureProblem[],
  ): Promise<void> {
    const now = await this.store.find(row.id);
    const reached = isOneTransaction(row) ? { ...noCounts, failed: now?.failed ?? 0 } : (now ?? noCounts);
    await withTransaction(this.dataSource, async (tx) => {
      await finishImport(tx, row, state, reached, problems);
      await this.audit.ended(tx, requestId, row, state, reached);
    });
    await this.files.dropUpload(row.id);
  }

  private async beatOrWarn(row: ImportRow): Promise<void> {
    try {
      await this.holding.beat(row);
    } catch (error) {
      // the run itself finds out before its next chunk, and stops
      this.logger.warn({ event: 'imports.beat-failed', importId: row.id, error: safeError(error) });
    }
  }
}

/** How an import ends that cannot go on, however often it is tried; null where another attempt may get further. */
function endingOf(error: unknown): [EndState, readonly StructureProblem[]] | null {
  if (error instanceof FileStructureError) return ['failed', error.problems];
  if (error instanceof RunStopped) {
    if (error.reason === 'cancelled') return ['cancelled', []];
    return ['failed', [{ line: 1, message: 'a row failed, so nothing was kept; the error file says which' }]];
  }
  if (!(error instanceof DomainError) || error.httpStatus >= 500) return null;
  const reasons = (error.errors ?? []).map((problem) => `${problem.path}: ${problem.message}`);
  return ['failed', [{ line: 1, message: [error.message, ...reasons].join(' ') }]];
}
