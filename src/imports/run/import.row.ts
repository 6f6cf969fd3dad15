import type { RequestContext } from '../../platform/http/index.js';
import type { StructureProblem } from '../csv/structure.errors.js';

export const importStates = [
  'waiting',
  'queued',
  'running',
  'cancelling',
  'done',
  'failed',
  'cancelled',
] as const;
/** `waiting`: for its file. */
export type ImportState = (typeof importStates)[number];
export type EndState = 'done' | 'failed' | 'cancelled';

/** What became of the rows so far. */
export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  /** the record held the row's values already */
  readonly unchanged: number;
  /** passed over by `distinct` or `onExisting: skip` */
  readonly skipped: number;
  readonly failed: number;
}

/** A row of platform.import. */
export interface ImportRow extends ImportCounts {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly mapping: string;
  readonly fileName: string;
  readonly isDryRun: boolean;
  readonly isAllOrNothing: boolean;
  readonly state: ImportState;
  readonly principal: RequestContext['principal'];
  readonly totalRows: number | null;
  /** data rows dealt with */
  readonly position: number;
  /** data rows whose deferred links were dealt with */
  readonly linked: number;
  readonly errorBytes: number;
  readonly problems: readonly StructureProblem[];
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** the run that may write for this import; changes each time a process takes it */
  readonly holder: string | null;
  /** how often it was taken since it last got on */
  readonly attempts: number;
}

export const noCounts: ImportCounts = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

export function addCounts(a: ImportCounts, b: ImportCounts): ImportCounts {
  return {
    created: a.created + b.created,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
  };
}

/** Everything is one transaction, so nothing is kept unless all of it is. */
export function isOneTransaction(row: Pick<ImportRow, 'isDryRun' | 'isAllOrNothing'>): boolean {
  return row.isDryRun || row.isAllOrNothing;
}
