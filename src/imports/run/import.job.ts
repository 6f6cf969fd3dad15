import { defineJob } from '../../platform/queue/index.js';

/** Carries the id only: the rows are personal data and stay in the file. */
export const runImport = defineJob<{ importId: string }>('imports.run', {
  attempts: 8,
  backoffMs: 1_000,
  // an import of millions of rows is one job; its place is kept in the database, so another attempt goes on from there
  timeoutMs: 24 * 3_600_000,
  rememberMs: 0,
});
