import type { JobDefinition } from '../../platform/queue/index.js';

/** Carries the id only: the rows are personal data and stay in the file. */
export interface ImportJobData {
  readonly importId: string;
}

export const importJob: JobDefinition<ImportJobData> = {
  name: 'import.run',
  attempts: 5,
  backoff: { type: 'exponential', delayMs: 2_000 },
  // an import of millions of rows is one job; its place is kept in the database, so a retry goes on from there
  timeoutMs: 24 * 3_600_000,
};
