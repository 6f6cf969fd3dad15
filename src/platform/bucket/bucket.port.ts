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
  /**
   * How often to try, where an answer is lost or the bucket asks for patience; the bucket's own setting unless told.
   * 1 where a write that lands late does harm.
   */
  attempts?: number;
}

/** Bytes `start` to `end`, both inclusive, counted from 0; up to the last where `end` is left out or beyond it. */
export interface ByteRange {
  start?: number;
  end?: number;
}

/** A part that the bucket has, as `completeMultipart` wants it named. */
export interface PartTag {
  /** from 1 to {@link MAX_PARTS} */
  partNumber: number;
  /** opaque; changes with the content */
  etag: string;
}

export interface UploadedPart extends PartTag {
  bytes: number;
}

export interface MultipartInfo {
  key: string;
  uploadId: string;
  initiatedAt: Date;
}

export interface InspectOptions {
  /** old versions of deleted objects are somebody else's care */
  purgeMayWait: boolean;
}

/** A reason not to use a bucket, for a person: what is wrong, what follows, what to do. */
export interface BucketObjection {
  code: string;
  message: string;
}

/** What a bucket was seen to keep, tried and not believed. */
export interface BucketAbilities {
  /** of writers that all ask for `ifNoneMatch` one wins */
  conditionalPut: boolean;
  /** a listing shows at once what was written and removed */
  consistentList: boolean;
}

/** Every part but the last has at least so many bytes. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const MAX_PARTS = 10_000;

export interface GetOptions {
  /** a larger object throws {@link ObjectTooLarge} before it is read into memory; default 16 MiB */
  maxBytes?: number;
}

/**
 * Where the replica's objects lie: a folder or S3. Nothing in it is trusted, so an implementation only has to be
 * honest about two things: an object appears whole or not at all, and `ifNoneMatch` has one winner.
 *
 * Errors: {@link ObjectNotFound}, {@link ObjectTooLarge}, {@link RangeOutside}, {@link UploadNotFound},
 * {@link UnsafeObjectKey}; {@link BucketUnavailable} where a later try may help, {@link BucketRefused} where none will.
 */
export interface Bucket {
  /** for logs and status pages; never holds credentials */
  readonly url: string;
  /** `created: false` comes only with `ifNoneMatch` and says that somebody has this key already. */
  put(key: string, body: Buffer, options?: PutOptions): Promise<{ created: boolean }>;
  /** Streams a local file, so memory stays flat whatever its size. */
  putFile(key: string, path: string, options?: PutOptions): Promise<{ created: boolean }>;
  get(key: string, options?: GetOptions): Promise<Buffer>;
  /** A stream that breaks off ends in an error, never early. @throws RangeOutside where `start` is behind the last byte */
  stream(key: string, range?: ByteRange): Promise<Readable>;
  head(key: string): Promise<ObjectInfo | null>;
  /** In ascending byte order of the key. `startAfter` is exclusive. */
  list(prefix: string, options?: { startAfter?: string }): AsyncIterable<ObjectInfo>;
  /** A key that is not there is no error. */
  remove(keys: string[]): Promise<void>;
  /** Begins an upload in parts. The id is worth keeping: parts survive this process. */
  createMultipart(key: string): Promise<string>;
  /** In any order, also at the same time; a number that is sent again replaces its part. @throws UploadNotFound */
  uploadPart(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<{ etag: string }>;
  /** What has arrived, by number; null: no such upload (any more). */
  listParts(key: string, uploadId: string): Promise<UploadedPart[] | null>;
  /**
   * Makes the parts, all of them named in ascending order, one object; an object of that key is replaced (Ceph takes no
   * condition here). After a lost answer the upload may be gone and the object there: `head` tells.
   * @throws UploadNotFound, BucketRefused for a part that is missing, changed or too small
   */
  completeMultipart(key: string, uploadId: string, parts: readonly PartTag[]): Promise<void>;
  /** Forgets the parts. An upload that is not there is no error. */
  abortMultipart(key: string, uploadId: string): Promise<void>;
  /** Uploads begun and neither completed nor aborted, by key. */
  listMultiparts(prefix: string): AsyncIterable<MultipartInfo>;
  /** Looks whether the bucket can be used, and writes nothing. Empty where all is well. */
  inspect(options: InspectOptions): Promise<BucketObjection[]>;
  /**
   * Writes 32 times at once under one key and counts the winners, and looks whether a listing shows what was just
   * written; leaves nothing behind.
   */
  probe(): Promise<BucketAbilities>;
  close(): Promise<void>;
}

export const DEFAULT_MAX_GET_BYTES = 16 * 1024 * 1024;
