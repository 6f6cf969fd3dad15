import {
  digestRowInto,
  expectHeader,
  FormatError,
  MultisetHash,
  parseLine,
  type BatchHeader,
  type BatchLine,
  type Manifest,
} from '../format/index.js';
import { AttachmentRows } from './attachment-rows.js';
import { FileKeys } from './file-keys.js';
import { RowIndex } from './row-index.js';

interface TypeRows {
  index: RowIndex;
  sum: MultisetHash;
  /** lines of the batch in hand */
  upserts: number;
  deletes: number;
}

export const ATTACHMENT_TYPE = 'attachment';
const ID = /^\{"id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"[,}]/;
/** `{"id":"`, the UUID, and what follows it */
const ID_END = 45;

/** The rows of a generation as its batches build them, as far as counts and checksums need them. */
export class RowState {
  readonly attachments = new AttachmentRows();
  readonly fileKeys = new FileKeys();
  private types = new Map<string, TypeRows>();
  private header: BatchHeader | null = null;
  private digestKey = Buffer.alloc(0);
  private hasHeader = false;
  private readonly digest = Buffer.alloc(32);

  begin(): void {
    this.hasHeader = false;
    this.fileKeys.begin();
    for (const type of this.types.values()) type.upserts = type.deletes = 0;
  }

  /** @throws FormatError for a line that does not belong there */
  line(line: Buffer, manifest: Manifest): void {
    if (!this.hasHeader) {
      this.takeHeader(expectHeader(line), manifest);
      return;
    }
    const parsed = parseLine(line);
    if (parsed.kind === 'header') throw new FormatError('format.malformed', 'a second header line');
    if (parsed.kind === 'key') {
      this.fileKeys.put(parsed.name, parsed.key, manifest);
      return;
    }
    const rows = this.types.get(parsed.type);
    if (rows === undefined)
      throw new FormatError('format.malformed', 'a line of a type that the header lacks');
    if (parsed.kind === 'upsert') this.upsert(rows, parsed);
    else this.delete(rows, parsed);
  }

  /** What the manifest says differently; empty where all is as signed. */
  differences({ types }: Manifest): string[] {
    return types.flatMap(({ type, upserts, deletes, count, checksum }) => {
      const rows = this.types.get(type);
      if (rows === undefined) return [`type ${type} is not in the header`];
      const found = [
        ['lines that put a row', rows.upserts, upserts],
        ['lines that remove a row', rows.deletes, deletes],
        ['rows', rows.index.size, count],
      ] as const;
      const wrong = found
        .filter(([, actual, signed]) => actual !== signed)
        .map(
          ([what, actual, signed]) =>
            `type ${type}: ${String(actual)} ${what}, ${String(signed)} were signed`,
        );
      return rows.sum.toHex() === checksum
        ? wrong
        : [...wrong, `type ${type}: its rows give another checksum`];
    });
  }

  private takeHeader(header: BatchHeader, { policy, types, kind }: Manifest): void {
    if (header.policyVersion !== policy.version)
      throw new FormatError('format.malformed', 'header and manifest name different policies');
    const names = new Set(header.types.map(({ type }) => type));
    if (names.size !== types.length || types.some(({ type }) => !names.has(type)))
      throw new FormatError('format.malformed', 'header and manifest name different types');
    if (kind === 'delta' && spelled(header) !== spelled(this.header))
      throw new FormatError('format.malformed', 'digest key or columns changed without a new generation');
    this.hasHeader = true;
    if (kind === 'delta') return;
    this.header = header;
    this.digestKey = Buffer.from(header.digestKey, 'hex');
    const empty = () => ({ index: new RowIndex(), sum: new MultisetHash(), upserts: 0, deletes: 0 });
    this.types = new Map([...names].map((type) => [type, empty()]));
  }

  private upsert(rows: TypeRows, { type, row }: BatchLine & { kind: 'upsert' }): void {
    const id = ID.exec(row.toString('latin1', 0, ID_END))?.[1];
    if (id === undefined) throw new FormatError('format.malformed', 'a row that does not begin with its id');
    digestRowInto(this.digest, this.digestKey, type, row, 0, row.length);
    const before = rows.index.put(bytesOf(id), this.digest);
    if (before !== null) rows.sum.subtract(before);
    rows.sum.add(this.digest);
    rows.upserts += 1;
    if (type === ATTACHMENT_TYPE) this.attachments.put(id, row);
  }

  private delete(rows: TypeRows, { type, id }: BatchLine & { kind: 'delete' }): void {
    const before = rows.index.remove(bytesOf(id));
    if (before !== null) rows.sum.subtract(before);
    rows.deletes += 1;
    if (type === ATTACHMENT_TYPE) this.attachments.remove(id);
  }
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Of the columns and the key: treatments are for people. */
function spelled(header: BatchHeader | null): string {
  if (header === null) return '';
  const types = header.types.map(({ type, columns }) => ({ type, columns }));
  return JSON.stringify([header.digestKey, types.sort((a, b) => (a.type < b.type ? -1 : 1))]);
}
