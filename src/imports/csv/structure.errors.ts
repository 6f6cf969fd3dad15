/** One thing wrong with the file itself, as opposed to a value in it. */
export interface StructureProblem {
  /** 1-based physical line where the row begins; the header is line 1 */
  readonly line: number;
  readonly column?: string;
  readonly message: string;
}

/** The file is no sound CSV of the shape the mapping expects; nothing was written. */
export class FileStructureError extends Error {
  constructor(readonly problems: readonly StructureProblem[]) {
    super(problems.map((problem) => `line ${problem.line}: ${problem.message}`).join('\n'));
    this.name = 'FileStructureError';
  }
}
