export interface FilesOptions {
  /** of the encrypted store */
  readonly folder: string;
  readonly keyFile: string;
  /** of one attachment */
  readonly maxBytes: number;
  readonly labels: readonly string[];
  readonly keepDeletedDays: number;
  readonly keepUnusedHours: number;
}

/** Nest token of FilesOptions. */
export const FILES_OPTIONS = Symbol('FILES_OPTIONS');

/** Nest token of the LocalFileStore; null on a replica, which has none. */
export const FILE_STORE = Symbol('FILE_STORE');
