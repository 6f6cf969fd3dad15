import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { ChunkCipher } from './chunk-cipher.js';
import { ExactInput } from './exact-input.js';
import { FormatError, malformed } from './format.errors.js';
import { unwrapKey } from './key-wrap.js';
import { CHUNK_BYTES, LIMITS } from './limits.js';
import {
  decodePartHeader,
  hashPartHeader,
  PART_MAGIC,
  TAG_BYTES,
  type ObjectContext,
  type PartHeader,
} from './part-header.js';
import type { PartEntry } from './part-writer.js';

export interface ReadPartOptions {
  context: ObjectContext;
  /** `AGE-SECRET-KEY-1…`, one or several to try */
  identity: string | readonly string[];
  source: Readable | Buffer;
  /** the entry of a verified manifest */
  expect: PartEntry;
}

const MAX_WINDOW_LOG = 23;
const NEWLINE = 0x0a;

/**
 * The part's lines. Every line comes from chunks that were authenticated before; that the part is whole and has the
 * manifest's digest is known only when the iteration ends without an error, so undo everything if it throws.
 * @throws FormatError
 */
export async function* readPart(options: ReadPartOptions): AsyncIterable<Buffer> {
  for await (const lines of readPartBlocks(options)) yield* lines;
}

/** As {@link readPart}, many lines at a time, for those who pass on bytes by the million. */
export async function* readPartBlocks(options: ReadPartOptions): AsyncIterable<Buffer[]> {
  const { expect } = options;
  const zstd = createZstdDecompress({
    params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
    chunkSize: CHUNK_BYTES,
  });
  const feeding = pipeline(Readable.from(openChunks(options)), zstd).then(
    () => null,
    (error: unknown) => asFormatError(error),
  );
  const splitter = new LineSplitter();
  let plainBytes = 0;
  let rows = 0;
  try {
    for await (const block of zstd) {
      plainBytes += (block as Buffer).length;
      if (plainBytes > expect.plainBytes) throw malformed('part: longer than its manifest says');
      const lines = splitter.push(block as Buffer);
      rows += lines.length;
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    throw asFormatError(error);
  }
  const failure = await feeding;
  if (failure !== null) throw failure;
  splitter.end();
  if (plainBytes !== expect.plainBytes || rows !== expect.rows)
    throw malformed('part: shorter than its manifest says');
}

async function* openChunks({ context, identity, source, expect }: ReadPartOptions): AsyncIterable<Buffer> {
  const input = new ExactInput(source, expect.bytes, 'part');
  try {
    yield* openFrom(input, context, identity, expect.sha256);
  } finally {
    await input.close();
  }
}

async function* openFrom(
  input: ExactInput,
  context: ObjectContext,
  identity: ReadPartOptions['identity'],
  sha256: string,
): AsyncIterable<Buffer> {
  const start = await input.take(PART_MAGIC.length + 4);
  if (!start.subarray(0, PART_MAGIC.length).equals(PART_MAGIC))
    throw malformed('part: not a part of this format');
  const headerLength = start.readUInt32BE(PART_MAGIC.length);
  if (headerLength > LIMITS.maxPartHeaderBytes) throw malformed('part header: too long');
  const json = await input.take(headerLength);
  const { header, wrappedKey } = decodePartHeader(json);
  assertPlace(header, context);
  const dataKey = await unwrapKey(wrappedKey, typeof identity === 'string' ? [identity] : identity);
  const cipher = new ChunkCipher(dataKey, hashPartHeader(Buffer.concat([start, json])));
  for (;;) {
    const isLast = input.remaining <= CHUNK_BYTES + TAG_BYTES;
    if (input.remaining < TAG_BYTES) throw new FormatError('format.truncated', 'part: cut off');
    const sealed = await input.take(isLast ? input.remaining : CHUNK_BYTES + TAG_BYTES);
    const plain = cipher.open(sealed, isLast);
    // Whole object first, then its last bytes: a complete output always stands for a complete, matching object.
    if (isLast && (await input.end()) !== sha256) {
      throw new FormatError('format.digest_mismatch', 'part: not the object that the manifest lists');
    }
    if (plain.length > 0) yield plain;
    if (isLast) return;
  }
}

function assertPlace(header: PartHeader, context: ObjectContext): void {
  if (header.tenant !== context.tenant)
    throw new FormatError('format.other_tenant', 'part: belongs to another tenant');
  const isHere =
    header.generation === context.generation && header.n === context.n && header.part === context.part;
  if (!isHere) throw new FormatError('format.out_of_place', 'part: belongs to another place');
}

function asFormatError(error: unknown): Error {
  if (error instanceof FormatError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ZSTD_') || code.startsWith('Z_')) return malformed('part: not a zstd stream', error);
  return error instanceof Error ? error : new Error('reading a part failed', { cause: error });
}

class LineSplitter {
  private carried: Buffer[] = [];
  private carriedBytes = 0;

  push(block: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, start)) {
      const line = this.complete(block.subarray(start, at));
      if (line.length === 0) throw malformed('part: empty line');
      lines.push(line);
      start = at + 1;
    }
    if (start < block.length) this.carry(block.subarray(start));
    return lines;
  }

  end(): void {
    if (this.carriedBytes > 0) throw malformed('part: last line has no newline');
  }

  private complete(tail: Buffer): Buffer {
    if (this.carriedBytes === 0) return tail;
    this.carry(tail);
    const line = Buffer.concat(this.carried, this.carriedBytes);
    this.carried = [];
    this.carriedBytes = 0;
    return line;
  }

  private carry(bytes: Buffer): void {
    this.carriedBytes += bytes.length;
    if (this.carriedBytes > LIMITS.maxLineBytes) throw malformed('part: line too long');
    this.carried.push(bytes);
  }
}
