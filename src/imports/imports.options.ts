export interface ImportOptions {
  /** holds uploaded files and error files; shared between servers that share a database */
  readonly folder: string;
  /** error files, and imports whose file never came, go after so many days */
  readonly keepDays: number;
}

/** Nest token */
export const IMPORT_OPTIONS = Symbol('IMPORT_OPTIONS');
