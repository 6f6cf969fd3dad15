import type { Readable } from 'node:stream';

/** What tells a stored file; `bytes` is its plain length. */
export interface StoredFile {
  /** HMAC of the content's SHA-256, hex: the same content has one name, and the name tells nothing of it */
  readonly storeName: string;
  readonly bytes: number;
}

/** Both ends included, as in HTTP; left out: from the first, to the last byte. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/** A data key as the database keeps it. */
export interface WrappedDataKey {
  readonly wrappedKey: Buffer;
  /** names the key of the key file that wrapped it */
  readonly keyId: string;
}

/** A file that has arrived whole, encrypted and synced, and has no place yet. `place` or `discard` it. */
export interface IncomingFile extends StoredFile, WrappedDataKey {
  /** of the plain content */
  readonly sha256: Buffer;
  /** its first bytes, at most 64 KiB, to see what it is */
  readonly head: Buffer;
  /** Moves it to its place, over whatever lies there. Durable when it resolves. */
  place(): Promise<void>;
  /** Removes it; harmless after `place`. */
  discard(): Promise<void>;
}

/** Reads with a data key, no key file needed: this half is all that the connector has. */
export interface FileReader {
  /**
   * The plain bytes, decrypted chunk by chunk; nothing of a chunk comes before it is authentic.
   * @throws FileDamaged before the first byte where the length is wrong; the stream fails with it later on
   * @throws FileMissing
   */
  open(file: StoredFile, dataKey: Buffer, range?: ByteRange): Promise<Readable>;
}

/** Encrypted files on a local disk, each under a key of its own, each content once. */
export interface FileStore extends FileReader {
  /**
   * Takes a stream to its end. Nothing stays behind when it breaks off, grows too long or the disk is full.
   * @throws FileTooLarge, StoreFull
   */
  receive(source: Readable, options: { maxBytes: number }): Promise<IncomingFile>;
  has(file: StoredFile): Promise<boolean>;
  /** Reads it to its end: whether what lies there opens with this key and has this SHA-256. @throws FileKeyRefused */
  isSound(file: StoredFile & WrappedDataKey, sha256: Buffer): Promise<boolean>;
  /** @throws KeyUnknown where the key file does not have the key */
  unwrap(file: Pick<StoredFile, 'storeName'>, wrapped: WrappedDataKey): Buffer;
  /** No error where it is gone already. */
  remove(file: Pick<StoredFile, 'storeName'>): Promise<void>;
}
