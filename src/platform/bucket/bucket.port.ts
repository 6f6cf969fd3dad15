import type { Readable } from 'node:stream';

export interface ObjectInfo {
  key: string;
  /** bytes */
  size: number;
  lastModified: Date;
}

export interface PutOptions {
  /** true: store only where no object has this key yet, decided by the bucket itself */
  ifNoneMatch?: boolean;
}

export interface GetOptions {
  /** a larger object throws {@link ObjectTooLarge} before it is read into memory; default 16 MiB */
  maxBytes?: number;
}

/**
 * Where the replica's objects lie: a folder or S3. Nothing in it is trusted, so an implementation only has to be
 * honest about two things: an object appears whole or not at all, and `ifNoneMatch` has one winner.
 *
 * Errors: {@link ObjectNotFound}, {@link ObjectTooLarge}, {@link UnsafeObjectKey}, {@link BucketUnavailable}.
 */
export interface Bucket {
  /** for logs and status pages; never holds credentials */
  readonly url: string;
  /** `created: false` comes only with `ifNoneMatch` and says that somebody has this key already. */
  put(key: string, body: Buffer, options?: PutOptions): Promise<{ created: boolean }>;
  /** Streams a local file, so memory stays flat whatever its size. */
  putFile(key: string, path: string, options?: PutOptions): Promise<{ created: boolean }>;
  get(key: string, options?: GetOptions): Promise<Buffer>;
  stream(key: string): Promise<Readable>;
  head(key: string): Promise<ObjectInfo | null>;
  /** In ascending byte order of the key. `startAfter` is exclusive. */
  list(prefix: string, options?: { startAfter?: string }): AsyncIterable<ObjectInfo>;
  /** A key that is not there is no error. */
  remove(keys: string[]): Promise<void>;
  /** Writes 32 times at once under one key and counts the winners; leaves nothing behind. */
  probe(): Promise<{ conditionalPut: boolean }>;
  close(): Promise<void>;
}

export const DEFAULT_MAX_GET_BYTES = 16 * 1024 * 1024;
