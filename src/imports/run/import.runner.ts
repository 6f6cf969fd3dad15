// Carries one import from its file into the records, chunk by chunk. Each chunk and the place reached are one
// transaction, so that a kill at any moment neither loses nor doubles a row.
import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { withTransaction } from '../../platform/database/index.js';
import { ImportsAudit } from '../imports.audit.js';
import { hasDeferred } from '../mapping/mapping.js';
import { ImportBatch } from './import.batch.js';
import { ImportHolding } from './import.holding.js';
import { addCounts, isOneTransaction } from './import.row.js';
import type { ImportRun } from './import.run.js';
import { finishImport } from './import.store.js';
import { MappedFields } from './mapped-fields.js';
import { FoundReferences } from './reference-finder.js';
import { chunksOf, type Chunk } from './row-chunks.js';
import { RunStopped } from './run-stopped.js';

@Injectable()
export class ImportRunner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batch: ImportBatch,
    private readonly fields: MappedFields,
    private readonly holding: ImportHolding,
    private readonly audit: ImportsAudit,
  ) {}

  /** Ends with the import marked as done. @throws RunStopped and others where it does not get there */
  async run(run: ImportRun): Promise<void> {
    if (isOneTransaction(run.row)) await this.runAtOnce(run);
    else await this.runInChunks(run);
  }

  private async runInChunks(run: ImportRun): Promise<void> {
    await run.checkStop();
    const made = await withTransaction(this.dataSource, (tx) => this.fields.define(run.ctx, tx, run.mapping));
    await this.fields.share(made);
    await this.eachChunk(run, async (step, chunk) => {
      await withTransaction(this.dataSource, (tx) => this[step](run, tx, chunk, tx));
    });
    await withTransaction(this.dataSource, (tx) => this.finish(run, tx));
  }

  /** Progress is told on a connection of its own here: what the transaction holds nobody else can see. */
  private async runAtOnce(run: ImportRun): Promise<void> {
    run.startOver();
    try {
      const made = await withTransaction(this.dataSource, async (tx) => {
        const fields = await this.fields.define(run.ctx, tx, run.mapping);
        run.onNewContext((ctx) => {
          this.fields.lend(ctx, fields);
        });
        await this.eachChunk(run, (step, chunk) => this[step](run, tx, chunk, this.dataSource));
        if (run.row.isDryRun) throw new RunStopped('dry-run');
        if (run.counts.failed > 0) throw new RunStopped('rolled-back');
        await this.finish(run, tx);
        return fields;
      });
      await this.fields.share(made);
    } catch (error) {
      if (!(error instanceof RunStopped && error.reason === 'dry-run')) throw error;
      await withTransaction(this.dataSource, (tx) => this.finish(run, tx));
    }
  }

  private async eachChunk(
    run: ImportRun,
    write: (step: 'writeChunk' | 'linkChunk', chunk: Chunk) => Promise<void>,
  ): Promise<void> {
    for await (const chunk of chunksOf(run.path, run.mapping, run.position)) {
      await run.checkStop();
      await write('writeChunk', chunk);
    }
    if (!hasDeferred(run.mapping)) return;
    // what was not there may be there now
    run.known = new FoundReferences();
    for await (const chunk of chunksOf(run.path, run.mapping, run.linked)) {
      await run.checkStop();
      await write('linkChunk', chunk);
    }
  }

  private async writeChunk(
    run: ImportRun,
    tx: QueryRunner,
    { rows, skipped, end }: Chunk,
    progress: QueryRunner | DataSource,
  ): Promise<void> {
    const { counts, failures } = await this.batch.write(run.ctx, tx, run.mapping, rows, run.known);
    run.counts = addCounts(run.counts, { ...counts, skipped: counts.skipped + skipped });
    run.position = end;
    await run.errors.write(failures);
    await this.holding.advance(progress, run.row, run.progress);
  }

  private async linkChunk(
    run: ImportRun,
    tx: QueryRunner,
    { rows, end }: Chunk,
    progress: QueryRunner | DataSource,
  ): Promise<void> {
    const { counts, failures } = await this.batch.link(run.ctx, tx, run.mapping, rows, run.known);
    run.counts = addCounts(run.counts, counts);
    run.linked = end;
    await run.errors.write(failures);
    await this.holding.advance(progress, run.row, run.progress);
  }

  private async finish(run: ImportRun, tx: QueryRunner): Promise<void> {
    await finishImport(tx, run.row, 'done', run.counts, []);
    await this.audit.ended(tx, run.ctx.requestId, run.row, 'done', run.counts);
  }
}
