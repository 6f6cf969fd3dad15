import type { RequestContext } from '../../platform/http/index.js';
import type { Mapping } from '../mapping/mapping.js';
import { noCounts, type ImportCounts, type ImportRow, type ImportState } from './import.row.js';
import type { Progress } from './import.store.js';
import { FoundReferences } from './reference-finder.js';
import type { RowErrorFile } from './row-error-file.js';
import { RunStopped } from './run-stopped.js';

interface Sources {
  readonly row: ImportRow;
  readonly mapping: Mapping;
  /** of the file that was sent */
  readonly path: string;
  readonly errors: RowErrorFile;
  readonly signal: AbortSignal;
  /** says that this process still works on it. @returns what people want of it */
  readonly beat: () => Promise<ImportState>;
  /** the importer's rights as they are now */
  readonly permit: () => Promise<RequestContext>;
}

/** One process's work on one import: how far it is and under whose rights. */
export class ImportRun {
  readonly row: ImportRow;
  readonly mapping: Mapping;
  readonly path: string;
  readonly errors: RowErrorFile;
  counts: ImportCounts;
  position: number;
  linked: number;
  known = new FoundReferences();
  private prepare: (ctx: RequestContext) => void = () => undefined;

  constructor(
    private readonly sources: Sources,
    public ctx: RequestContext,
  ) {
    const { row } = sources;
    this.row = row;
    this.mapping = sources.mapping;
    this.path = sources.path;
    this.errors = sources.errors;
    this.counts = row;
    this.position = row.position;
    this.linked = row.linked;
  }

  get progress(): Progress {
    const { position, linked, counts, errors } = this;
    return { position, linked, counts, errorBytes: errors.bytes };
  }

  /** What an earlier attempt did was rolled back. */
  startOver(): void {
    this.counts = noCounts;
    this.position = 0;
    this.linked = 0;
  }

  /** Each chunk has a context of its own; `prepare` gets them all, beginning with the present one. */
  onNewContext(prepare: (ctx: RequestContext) => void): void {
    this.prepare = prepare;
    prepare(this.ctx);
  }

  /** Before each chunk. @throws RunStopped, ImportTaken, FileStructureError where the importer lost his rights */
  async checkStop(): Promise<void> {
    if (this.sources.signal.aborted) throw new RunStopped('shutdown');
    if ((await this.sources.beat()) === 'cancelling') throw new RunStopped('cancelled');
    this.ctx = await this.sources.permit();
    this.prepare(this.ctx);
  }
}
