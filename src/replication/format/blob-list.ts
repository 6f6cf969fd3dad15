import { createHash } from 'node:crypto';
import { FormatError, malformed } from './format.errors.js';
import { blobEntry, type BlobEntry } from './manifest.js';
import type { PartEntry } from './part-writer.js';
import { objectName } from './shape.js';
import { parseExactJson } from './strict-encoding.js';

/** What a manifest says of attachments where it would grow too long: plain, so that anyone can check every object. */
export interface BlobList {
  added: BlobEntry[];
  condemned: string[];
}

/** `["a",{name,bytes,sha256}]` for each that came, `["c","name"]` for each that no row shows any more; a line each. */
export function encodeBlobList(
  name: string,
  added: readonly BlobEntry[],
  condemned: readonly string[],
): { bytes: Buffer; entry: PartEntry } {
  const lines = [
    ...added.map(({ name: blob, bytes, sha256 }) => JSON.stringify(['a', { name: blob, bytes, sha256 }])),
    ...condemned.map((blob) => JSON.stringify(['c', blob])),
  ];
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    bytes,
    entry: { name, bytes: bytes.length, sha256, rows: lines.length, plainBytes: bytes.length },
  };
}

/** @throws FormatError */
export function decodeBlobList(bytes: Buffer, expect: PartEntry): BlobList {
  if (bytes.length !== expect.bytes || createHash('sha256').update(bytes).digest('hex') !== expect.sha256)
    throw new FormatError('format.digest_mismatch', 'list: not the object that the manifest lists');
  const list: BlobList = { added: [], condemned: [] };
  const lines = bytes.toString('utf8').split('\n');
  if (lines.pop() !== '' || lines.length !== expect.rows) throw malformed('list: number of lines');
  for (const line of lines) {
    const parsed = parseExactJson(Buffer.from(line), 'list');
    const [kind, value] = Array.isArray(parsed) && parsed.length === 2 ? (parsed as unknown[]) : [];
    if (kind === 'a') list.added.push(blobEntry(value, 'list'));
    else if (kind === 'c') list.condemned.push(objectName(value, 'list'));
    else throw malformed('list: line is none of those described');
  }
  return list;
}
