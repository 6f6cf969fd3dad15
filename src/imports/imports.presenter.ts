import type { ImportRow } from './run/import.row.js';

/** How an import looks in the API. */
export function presentImport(row: ImportRow): Record<string, unknown> {
  return {
    id: row.id,
    type: row.type,
    label: row.label,
    fileName: row.fileName,
    dryRun: row.isDryRun,
    allOrNothing: row.isAllOrNothing,
    state: row.state,
    progress: { rows: row.totalRows, done: row.position, linked: row.linked },
    counts: {
      created: row.created,
      updated: row.updated,
      unchanged: row.unchanged,
      skipped: row.skipped,
      failed: row.failed,
    },
    problems: row.problems,
    hasErrorFile: row.errorBytes > 0,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}
