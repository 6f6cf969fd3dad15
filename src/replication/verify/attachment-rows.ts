import { FormatError, type BlobEntry, type Manifest } from '../format/index.js';
import type { AttachmentLedger } from './attachment-ledger.js';

interface ShownBlob extends BlobEntry {
  /** length of the file */
  plainBytes: number;
  rows: number;
}

/** The files that the rows of attachments show, to be held against what the manifests say of them. */
export class AttachmentRows {
  private readonly nameOfRow = new Map<string, string | null>();
  private readonly shown = new Map<string, ShownBlob>();
  private pending = 0;

  put(id: string, row: Buffer): void {
    this.remove(id);
    const { name, bytes, sha256, plainBytes } = readRow(row);
    this.nameOfRow.set(id, name);
    if (name === null) {
      this.pending += 1;
      return;
    }
    const known = this.shown.get(name);
    if (known !== undefined && (known.bytes !== bytes || known.sha256 !== sha256))
      throw new FormatError('format.malformed', 'two rows show one object with different lengths or digests');
    this.shown.set(name, { name, bytes, sha256, plainBytes, rows: (known?.rows ?? 0) + 1 });
  }

  remove(id: string): void {
    const name = this.nameOfRow.get(id);
    if (name === undefined) return;
    this.nameOfRow.delete(id);
    const shown = name === null ? undefined : this.shown.get(name);
    if (shown === undefined) this.pending -= 1;
    else if (shown.rows === 1) this.shown.delete(shown.name);
    else shown.rows -= 1;
  }

  plainBytesOf(name: string): number | null {
    return this.shown.get(name)?.plainBytes ?? null;
  }

  /**
   * What the manifest says differently. Costs what changed: that both sides name as many objects, and that what came
   * and went is right, keeps them equal.
   */
  differences(
    { available, pending }: Manifest['attachments'],
    ledger: AttachmentLedger,
    changed: Changed,
  ): string[] {
    const rowsWithFile = this.nameOfRow.size - this.pending;
    const differs = (entry: BlobEntry) => {
      const shown = this.shown.get(entry.name);
      return shown?.bytes !== entry.bytes || shown.sha256 !== entry.sha256;
    };
    return [
      ...(rowsWithFile === available && this.pending === pending
        ? []
        : [
            `${String(rowsWithFile)} files are there and ${String(this.pending)} on their way, others were signed`,
          ]),
      ...(this.shown.size === ledger.live.size ? [] : ['rows and manifests name different objects']),
      ...(changed.added.some(differs) ? ['an object is listed that no row shows so'] : []),
      ...(changed.condemned.some((name) => this.shown.has(name)) ? ['a row shows a condemned object'] : []),
    ];
  }
}

interface Changed {
  added: readonly BlobEntry[];
  condemned: readonly string[];
}

function readRow(row: Buffer): Omit<ShownBlob, 'name' | 'rows'> & { name: string | null } {
  const { object_name: name, object_bytes: bytes, object_sha256: sha256, bytes: plainBytes } = parse(row);
  const isPending = name === null && bytes === null && sha256 === null;
  const isHere = typeof name === 'string' && typeof bytes === 'number' && typeof sha256 === 'string';
  if ((!isPending && !isHere) || typeof plainBytes !== 'number')
    throw new FormatError(
      'format.malformed',
      'the row of an attachment lacks what is to be known of its file',
    );
  return isHere ? { name, bytes, sha256, plainBytes } : { name: null, bytes: 0, sha256: '', plainBytes };
}

function parse(row: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(row.toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new FormatError('format.malformed', 'the row of an attachment is not JSON', { cause: error });
  }
}
