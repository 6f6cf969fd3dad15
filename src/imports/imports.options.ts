export interface ImportOptions {
  /** holds uploaded files and error files; shared between servers that share a database */
  readonly folder: string;
}

/** Nest token */
export const IMPORT_OPTIONS = Symbol('IMPORT_OPTIONS');
