// One turn's share of a re-base. The new generation's first batch is the old one's rows, read piece by piece: each piece
// in the very snapshot in which a delta of the old generation was made, followed by what later deltas changed of it. So
// at the end of each turn the pieces are exactly the ledger's rows up to a certain id, and nothing has to be looked at twice.
import {
  deleteLine,
  keyLine,
  upsertLine,
  type PartEntry,
  type PartWriter,
  type TypeState,
} from '../../../src/replication/format/index.js';
import { readAttachments, type AttachmentChanges } from '../attachment-references.js';
import { StateTally } from '../batch-writer.js';
import type { DeltaMirror } from '../delta-comparison.js';
import type { FileKeys } from '../file-keys.js';
import { LedgerDiffers } from '../publish.errors.js';
import { copyChunk } from '../snapshot-chunk.js';
import type { OpenSnapshot } from '../snapshot-reader.js';
import type { RowRanges } from './row-ranges.js';
import type { Rebase, RebaseProgress } from './rebase.store.js';

export interface RebaseStepOptions {
  rebase: Rebase;
  /** in the catalogue's order */
  types: readonly string[];
  digestKey: Buffer;
  chunkRows: number;
  ranges: RowRanges;
  /** false: only what the delta changes is written, because the spool has no room */
  mayRead: boolean;
  openPart: (part: number) => Promise<PartWriter>;
  fileKeys: FileKeys;
}

export class RebaseStep implements DeltaMirror {
  private part: PartWriter | null = null;
  private readonly entries: PartEntry[] = [];
  private attachments: AttachmentChanges | null = null;
  private readonly tally: StateTally;
  private type: string | null;
  private lastId: string | null;
  private hasAll: boolean;

  constructor(private readonly options: RebaseStepOptions) {
    const { rebase, types } = options;
    this.tally = new StateTally(types, rebase.tally, true);
    ({ type: this.type, lastId: this.lastId } = rebase);
    this.hasAll = rebase.completeAtN !== null;
  }

  async upsert(type: string, row: string, change: { id: string; before: Buffer | null; after: Buffer }) {
    if (!this.holds(type, change.id)) return;
    this.tally.upsert(type, change.before, change.after);
    await this.line(upsertLine(type, row));
  }

  async remove(type: string, id: string, before: Buffer): Promise<void> {
    if (!this.holds(type, id)) return;
    this.tally.remove(type, before);
    await this.line(deleteLine(type, id));
  }

  private async line(text: string): Promise<void> {
    const part = await this.openPart();
    await part.line(text);
  }

  private async openPart(): Promise<PartWriter> {
    const { rebase, openPart } = this.options;
    return (this.part ??= await openPart(rebase.parts.length + this.entries.length));
  }

  private holds(type: string, id: string): boolean {
    if (this.hasAll) return true;
    if (this.type === null) return false;
    const [place, reached] = [this.options.types.indexOf(type), this.options.types.indexOf(this.type)];
    return place < reached || (place === reached && this.lastId !== null && id <= this.lastId);
  }

  /** Reads the next rows, after the delta of the same snapshot was made. */
  async read(open: OpenSnapshot): Promise<void> {
    if (this.options.mayRead) while (!this.hasAll && !(await this.readChunk(open)));
    if (this.hasAll) this.attachments = await this.writeFileKeys(open);
    if (this.part !== null) this.entries.push(await this.part.finish());
    this.part = null;
  }

  /** Of the files that are shown when the last row has been read: those that went meanwhile leave no key behind. */
  private async writeFileKeys(open: OpenSnapshot): Promise<AttachmentChanges> {
    const changes = await readAttachments(open, true);
    const keys = await this.options.fileKeys.write(open, changes.added, (name, key) =>
      this.line(keyLine(name, key)),
    );
    return { ...changes, condemned: [], keys };
  }

  /** @returns whether rows were read */
  private async readChunk(open: OpenSnapshot): Promise<boolean> {
    const { types, ranges, chunkRows, digestKey } = this.options;
    const type = this.type ?? types[0];
    if (type === undefined) {
      this.hasAll = true;
      return false;
    }
    const range = await ranges.next(open.session, type, this.lastId);
    const openPart = () => this.openPart();
    const request = { type, ...range, maxRows: chunkRows, digestKey, openPart };
    const chunk = await copyChunk(open.session, null, request);
    const isFull = chunk?.count === chunkRows;
    const reached = isFull ? chunk.lastId : range.upTo;
    ranges.learn(type, range.after, reached, chunk?.count ?? 0);
    if (chunk !== null) {
      this.tally.addRows(type, chunk.count, chunk.checksum);
      this.entries.push(chunk.entry);
      this.part = null;
    }
    if (range.isLast && !isFull) this.endType(type);
    else [this.type, this.lastId] = [type, reached];
    return chunk !== null;
  }

  private endType(type: string): void {
    const next = this.options.types[this.options.types.indexOf(type) + 1];
    if (next === undefined) this.hasAll = true;
    [this.type, this.lastId] = [next ?? type, null];
  }

  /**
   * @param state of the old generation after the delta of this turn @param n its number
   * @throws LedgerDiffers where the rows are not what the ledger says was sent
   */
  progress(state: readonly TypeState[], n: number): RebaseProgress {
    const tally = this.tally.result();
    const { type, lastId, entries, attachments } = this;
    if (!this.hasAll) return { type, lastId, tally, entries, completeAtN: null, attachments: null };
    assertSameState(tally, state);
    return { type, lastId, tally, entries, completeAtN: n, attachments };
  }

  async abort(): Promise<void> {
    await this.part?.abort();
  }
}

/** Two independent sums of the same rows: what was read now, and what was added up change by change. */
function assertSameState(tally: readonly TypeState[], state: readonly TypeState[]): void {
  const known = new Map(state.map((entry) => [entry.type, entry]));
  for (const { type, count, checksum } of tally) {
    const entry = known.get(type);
    if (entry?.count !== count || entry.checksum !== checksum) throw new LedgerDiffers(type);
  }
}
