/** What a reader refuses before it spends memory on it. Part of the format: docs/replica-format.md lists the same. */
export const LIMITS = {
  /** one row, header or tombstone line, without its newline */
  maxLineBytes: 16 * 1024 * 1024,
  /** one part, uncompressed; the manifest states the exact figure, which must not pass this */
  maxPartPlainBytes: 4 * 1024 * 1024 * 1024,
  maxPartBytes: 4 * 1024 * 1024 * 1024,
  maxPartHeaderBytes: 64 * 1024,
  /** a sealed attachment: what S3 takes */
  maxBlobBytes: 5 * 1024 ** 4,
  maxManifestBytes: 16 * 1024 * 1024,
  maxSmallObjectBytes: 1024 * 1024,
  maxParts: 20_000,
  maxTypes: 2_000,
  maxBlobs: 20_000,
  maxNameLength: 200,
  maxRecipients: 256,
  /** erasures, generations and keys that one receipt names */
  maxErasures: 4_000,
} as const;

/** plain bytes in every sealed chunk but the last */
export const CHUNK_BYTES = 256 * 1024;

/** The format level that this program reads and writes. A manifest whose `minReader` is above it is not applied. */
export const READER_LEVEL = 1;
/** The batch has the keys of files among its lines, see `keyLine`. */
export const FILE_KEYS_FEATURE = 'file-keys';
/** Features that this program understands. A manifest that names any other is not applied. */
export const KNOWN_FEATURES: readonly string[] = [FILE_KEYS_FEATURE];
/** number of the first manifest of every generation: the snapshot */
export const FIRST_N = 1;
