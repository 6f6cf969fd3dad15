import { Readable } from 'node:stream';
import type { ObjectInfo } from '../../platform/bucket/index.js';
import {
  decodeBlobList,
  FormatError,
  partKey,
  readPartBlocks,
  type BlobEntry,
  type Manifest,
  type PartEntry,
} from '../format/index.js';
import type { AttachmentLedger } from './attachment-ledger.js';
import type { Look } from './look.js';
import { RowState } from './row-state.js';
import type { TaskPool } from './task-pool.js';

/** A list of five million attachments; read whole, as a replica does. */
const MOST_LIST_BYTES = 1024 ** 3;

/** Compares what one manifest names with what lies there, and follows its rows where a key for them is at hand. */
export class BatchObjects {
  /** null: rows are not followed, or can no longer be */
  private rows: RowState | null;
  private hasSaid = false;

  constructor(
    private readonly look: Look,
    private readonly pool: TaskPool,
    private readonly ledger: AttachmentLedger,
    isFollowed: boolean,
  ) {
    this.rows = isFollowed && look.identities.length > 0 ? new RowState() : null;
  }

  /** What the rows show of attachments; null where they are not known. */
  get state(): RowState | null {
    return this.rows;
  }

  /** A batch is missing or not to be believed: what the rows are after it cannot be known. */
  lose(): void {
    this.rows = null;
  }

  async check(key: string, manifest: Manifest, listed: ReadonlyMap<string, ObjectInfo>): Promise<void> {
    if (!this.canOpen(manifest)) this.lose();
    this.rows?.begin();
    for (const [part, entry] of manifest.parts.entries()) {
      this.assertNamedInPlace(key, manifest, entry);
      const size = listed.get(entry.name)?.size ?? null;
      if (this.rows !== null && (await this.follow(this.rows, manifest, part))) continue;
      await this.pool.add(() => this.compare(entry, size));
    }
    await this.checkAttachments(key, manifest, listed);
  }

  private async checkAttachments(
    key: string,
    manifest: Manifest,
    listed: ReadonlyMap<string, ObjectInfo>,
  ): Promise<void> {
    const { n, createdAt, attachments } = manifest;
    let { added, condemned } = attachments;
    for (const entry of attachments.lists) {
      this.assertNamedInPlace(key, manifest, entry);
      const list = await this.readList(entry, listed.get(entry.name)?.size ?? null);
      added = [...added, ...list.added];
      condemned = [...condemned, ...list.condemned];
    }
    this.ledger.apply(n, new Date(createdAt), added, condemned);
    if (this.rows === null) return;
    const { attachments: files, fileKeys } = this.rows;
    const differences = [
      ...this.rows.differences(manifest),
      ...files.differences(attachments, this.ledger, { added, condemned }),
      ...fileKeys.apply(manifest, { added, condemned }, (name) => files.plainBytesOf(name)),
    ];
    for (const difference of differences)
      this.look.findings.add('error', 'verify.state_differs', key, difference);
    // once wrong, every later state is: one report is enough
    if (differences.length > 0) this.lose();
  }

  private async compare(entry: PartEntry, listed: number | null): Promise<void> {
    try {
      await this.look.reader.compare(entry.name, entry, listed);
    } catch (error) {
      this.look.findings.refuse(entry.name, error);
    }
  }

  /** Opens a part, which compares all of its bytes as well. @returns false where it has still to be compared */
  private async follow(rows: RowState, manifest: Manifest, part: number): Promise<boolean> {
    const { look } = this;
    const expect = manifest.parts[part];
    if (expect === undefined) return true;
    const { tenant, generation, n } = manifest;
    try {
      const blocks = readPartBlocks({
        context: { tenant, generation, n, part },
        identity: look.identities,
        source: Readable.from(look.reader.chunks(expect.name)),
        expect,
      });
      for await (const lines of blocks) for (const line of lines) rows.line(line, manifest);
      look.tally.opened.parts += 1;
      look.tally.opened.rows += expect.rows;
      look.reader.progress.objects += 1;
      return true;
    } catch (error) {
      look.findings.refuse(expect.name, error);
      this.lose();
      return !(error instanceof FormatError) || error.code !== 'format.not_a_recipient';
    }
  }

  private async readList(
    entry: PartEntry,
    listed: number | null,
  ): Promise<{ added: BlobEntry[]; condemned: string[] }> {
    try {
      if (listed !== null && listed !== entry.bytes)
        throw new FormatError('format.digest_mismatch', 'list: another length than was signed');
      const bytes = await this.look.reader.whole(entry.name, Math.min(entry.bytes, MOST_LIST_BYTES));
      return decodeBlobList(bytes, entry);
    } catch (error) {
      this.look.findings.refuse(entry.name, error);
      this.lose();
      return { added: [], condemned: [] };
    }
  }

  private canOpen({ recipients, generation, n }: Manifest): boolean {
    const { look, rows } = this;
    if (rows === null || recipients.some((recipient) => look.recipients.has(recipient))) return true;
    if (!this.hasSaid)
      look.findings.add(
        'warning',
        'verify.not_opened',
        null,
        `from ${String(generation)}.${String(n)} on parts are not sealed to this identity: only their bytes were compared`,
      );
    this.hasSaid = true;
    return false;
  }

  /** The name is signed, so it is right for a reader; another form than section 2 of the format has is not expected. */
  private assertNamedInPlace(key: string, { generation, n }: Manifest, { name }: PartEntry): void {
    const place = partKey(generation, n, 0).slice(0, -5);
    if (name.startsWith(place)) return;
    this.look.findings.add('error', 'format.out_of_place', key, 'it names an object of another place');
  }
}
