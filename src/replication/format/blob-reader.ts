import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { MemoryTide } from '../../platform/memory/index.js';
import {
  BLOB_MAGIC_BYTES,
  BLOB_START_BYTES,
  chunksOf,
  decodeBlobHeader,
  isBlobMagic,
  sealedBlobBytes,
  type BlobContext,
} from './blob-header.js';
import { ChunkCipher } from './chunk-cipher.js';
import { ExactInput } from './exact-input.js';
import { FormatError, malformed } from './format.errors.js';
import { unwrapKey } from './key-wrap.js';
import { CHUNK_BYTES, LIMITS } from './limits.js';
import { hashPartHeader, TAG_BYTES } from './part-header.js';

/** Bytes `start` to `end` of the file, both inclusive; `end` may lie beyond its last. */
export interface PlainRange {
  start: number;
  end?: number;
}

export interface OpenBlobOptions {
  context: BlobContext;
  /** what a line of a sealed part says; null where there is none, and then the header must have it */
  dataKey: Buffer | null;
  /** `AGE-SECRET-KEY-1…`, one or several to try on a key that the header has */
  identities: readonly string[];
  /** what the signed row or manifest says of the object */
  expect: { bytes: number; sha256: string };
  /** bytes of the object, both ends inclusive, as the bucket gives them */
  fetch: (range: { start: number; end: number }) => Promise<Readable>;
}

/** An object whose header fits its place and whose key could be opened. Not one byte of the file has been read. */
export interface OpenBlob {
  /** length of the file */
  plainBytes: number;
  /** Without a range the whole object is compared with its digest as well, before its last chunk is handed out. */
  read(range?: PlainRange): AsyncIterable<Buffer>;
}

interface Layout {
  dataKey: Buffer;
  headerHash: Buffer;
  headerBytes: number;
  plainBytes: number;
}

/** Enough for a header with a few dozen recipients, so that one request brings it. */
const FIRST_BYTES = 8 * 1024;

/**
 * Reads and checks the header.
 * @throws FormatError where it belongs elsewhere, has another length than was signed, or its key is not to be had
 */
export async function openBlob(options: OpenBlobOptions): Promise<OpenBlob> {
  const layout = await readLayout(options);
  return {
    plainBytes: layout.plainBytes,
    read: (range) => (range === undefined ? readWhole(options, layout) : readRange(options, layout, range)),
  };
}

async function readLayout(options: OpenBlobOptions): Promise<Layout> {
  const { context, expect, fetch } = options;
  const { start, json } = await readHeader(fetch, expect.bytes);
  const { header, wrappedKey } = decodeBlobHeader(start.subarray(0, BLOB_MAGIC_BYTES), json);
  if (header.tenant !== context.tenant)
    throw new FormatError('format.other_tenant', 'blob: belongs to another tenant');
  if (header.name !== context.name)
    throw new FormatError('format.out_of_place', 'blob: belongs under another name');
  const encoded = Buffer.concat([start, json]);
  if (sealedBlobBytes(encoded.length, header.bytes) !== expect.bytes)
    throw malformed('blob: its header and its length disagree');
  return {
    dataKey: await dataKeyOf(wrappedKey, options),
    headerHash: hashPartHeader(encoded),
    headerBytes: encoded.length,
    plainBytes: header.bytes,
  };
}

async function dataKeyOf(
  wrappedKey: Buffer | null,
  { dataKey, identities }: OpenBlobOptions,
): Promise<Buffer> {
  if (wrappedKey !== null) return unwrapKey(wrappedKey, identities);
  if (dataKey === null) throw new FormatError('format.key_missing', 'blob: its key has not come');
  return dataKey;
}

async function readHeader(
  fetch: OpenBlobOptions['fetch'],
  objectBytes: number,
): Promise<{ start: Buffer; json: Buffer }> {
  if (objectBytes < BLOB_START_BYTES) throw new FormatError('format.truncated', 'blob: cut off');
  const first = Math.min(objectBytes, FIRST_BYTES);
  const beginning = await takeAll(await fetch({ start: 0, end: first - 1 }), first);
  const start = beginning.subarray(0, BLOB_START_BYTES);
  if (!isBlobMagic(start.subarray(0, BLOB_MAGIC_BYTES)))
    throw malformed('blob: not an attachment of this format');
  const length = start.readUInt32BE(BLOB_MAGIC_BYTES);
  if (length > LIMITS.maxPartHeaderBytes) throw malformed('blob header: too long');
  const end = BLOB_START_BYTES + length;
  if (end > objectBytes) throw new FormatError('format.truncated', 'blob: cut off');
  const rest =
    end > first ? await takeAll(await fetch({ start: first, end: end - 1 }), end - first) : Buffer.alloc(0);
  return { start, json: Buffer.concat([beginning.subarray(BLOB_START_BYTES), rest]).subarray(0, length) };
}

async function takeAll(source: Readable, bytes: number): Promise<Buffer> {
  const input = new ExactInput(source, bytes, 'blob');
  try {
    return await input.take(bytes);
  } finally {
    await input.close();
  }
}

async function* readWhole({ expect, fetch }: OpenBlobOptions, layout: Layout): AsyncIterable<Buffer> {
  const input = new ExactInput(await fetch({ start: 0, end: expect.bytes - 1 }), expect.bytes, 'blob');
  try {
    const header = await input.take(layout.headerBytes);
    // What lies there now need not be what lay there when the header was read.
    if (!createHash('sha256').update(header).digest().equals(layout.headerHash))
      throw new FormatError('format.digest_mismatch', 'blob: changed while it was read');
    const cipher = new ChunkCipher(layout.dataKey, layout.headerHash);
    const tide = new MemoryTide();
    for (let left = chunksOf(layout.plainBytes); left > 0; left -= 1) {
      const isLast = left === 1;
      const plain = cipher.open(await input.take(isLast ? input.remaining : CHUNK_BYTES + TAG_BYTES), isLast);
      if (isLast && (await input.end()) !== expect.sha256)
        throw new FormatError('format.digest_mismatch', 'blob: not the object that was signed');
      tide.pass(3 * plain.length);
      if (plain.length > 0) yield plain;
    }
  } finally {
    await input.close();
  }
}

async function* readRange(
  { expect, fetch }: OpenBlobOptions,
  layout: Layout,
  { start, end = layout.plainBytes - 1 }: PlainRange,
): AsyncIterable<Buffer> {
  const lastByte = Math.min(end, layout.plainBytes - 1);
  if (start > lastByte) return;
  const chunks = chunksOf(layout.plainBytes);
  const [first, last] = [Math.floor(start / CHUNK_BYTES), Math.floor(lastByte / CHUNK_BYTES)];
  const from = layout.headerBytes + first * (CHUNK_BYTES + TAG_BYTES);
  const to = Math.min(layout.headerBytes + (last + 1) * (CHUNK_BYTES + TAG_BYTES), expect.bytes);
  const input = new ExactInput(await fetch({ start: from, end: to - 1 }), to - from, 'blob');
  try {
    const cipher = new ChunkCipher(layout.dataKey, layout.headerHash, first);
    const tide = new MemoryTide();
    for (let index = first; index <= last; index += 1) {
      const plain = cipher.open(
        await input.take(Math.min(CHUNK_BYTES + TAG_BYTES, input.remaining)),
        index === chunks - 1,
      );
      const offset = index * CHUNK_BYTES;
      tide.pass(3 * plain.length);
      yield plain.subarray(Math.max(0, start - offset), lastByte - offset + 1);
    }
  } finally {
    await input.close();
  }
}
