import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MultisetHash,
  deleteLine,
  headerLine,
  keyLine,
  upsertLine,
  writePart,
  type BatchHeader,
  type PartEntry,
  type PartWriter,
  type TypeState,
} from '../../src/replication/format/index.js';

export interface BatchPlace {
  tenant: string;
  generation: number;
  n: number;
  /** the lease epoch; parts carry it, so that a publisher that was frozen cannot write over its successor's */
  epoch: number;
  recipients: readonly string[];
  folder: string;
}

export const MAX_PART_PLAIN_BYTES = 64 * 1024 * 1024;

export interface BatchWriterOptions {
  /** above 0 where earlier parts exist already, with the header in the first of them */
  firstPart?: number;
  /** bytes before compression, above which the next line begins another part */
  partBytes?: number;
  /** called with the parts there are, in order, whenever one of them is finished on disk */
  afterPart?: (made: readonly PartEntry[]) => Promise<void>;
}

/** Seals lines into the part files of one batch in the spool. Part 0 opens with the header line. */
export class BatchWriter {
  private readonly entries: PartEntry[] = [];
  private part: PartWriter | null = null;

  constructor(
    private readonly place: BatchPlace,
    private readonly header: BatchHeader,
    private readonly options: BatchWriterOptions = {},
  ) {}

  get isEmpty(): boolean {
    return this.entries.length === 0 && this.part === null;
  }

  async upsert(type: string, row: string): Promise<void> {
    await this.line(upsertLine(type, row));
  }

  async remove(type: string, id: string): Promise<void> {
    await this.line(deleteLine(type, id));
  }

  /** @param name of a sealed attachment */
  async key(name: string, dataKey: Buffer): Promise<void> {
    await this.line(keyLine(name, dataKey));
  }

  private async line(text: string): Promise<void> {
    const part = await this.openPart();
    const wait = part.line(text);
    if (wait !== undefined) await wait;
    if (part.size >= (this.options.partBytes ?? MAX_PART_PLAIN_BYTES)) await this.closePart();
  }

  /** Opens a part where none is, so that even a batch without rows carries its header. */
  async openPart(): Promise<PartWriter> {
    if (this.part !== null) return this.part;
    const number = (this.options.firstPart ?? 0) + this.entries.length;
    const part = await openPart(this.place, number, this.header);
    this.part = part;
    return part;
  }

  private async closePart(): Promise<void> {
    if (this.part === null) return;
    const part = this.part;
    this.part = null;
    this.entries.push(await part.finish());
    await this.options.afterPart?.(this.entries);
  }

  /** Everything is on disk when this resolves. */
  async finish(): Promise<PartEntry[]> {
    await this.closePart();
    return this.entries;
  }

  async abort(): Promise<void> {
    await this.part?.abort();
    this.part = null;
  }
}

/** Begins part `part` of a batch; part 0 begins with the header. */
export async function openPart(place: BatchPlace, part: number, header: BatchHeader): Promise<PartWriter> {
  const { tenant, generation, n, recipients, folder, epoch } = place;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, partFile(part));
  await rm(path, { force: true }); // what a crash left of an earlier attempt
  const writer = writePart({ context: { tenant, generation, n, part }, recipients, path, fence: epoch });
  if (part === 0) await writer.line(headerLine(header));
  return writer;
}

export function partFile(part: number): string {
  return `part-${String(part)}`;
}

/** Counts and checksums per type while a batch is made, starting from those of the state before. */
export class StateTally {
  private readonly states = new Map<
    string,
    { upserts: number; deletes: number; count: number; hash: MultisetHash }
  >();

  /** @param keepsCounts true where `before` is a part of the same batch: the chunks of a first snapshot */
  constructor(types: readonly string[], before: readonly TypeState[], keepsCounts = false) {
    const known = new Map(before.map((state) => [state.type, state]));
    for (const type of types) {
      const state = known.get(type);
      const hash = state === undefined ? new MultisetHash() : MultisetHash.from(state.checksum);
      const { upserts, deletes } = keepsCounts && state !== undefined ? state : { upserts: 0, deletes: 0 };
      this.states.set(type, { upserts, deletes, count: state?.count ?? 0, hash });
    }
  }

  upsert(type: string, before: Buffer | null, after: Buffer): void {
    const state = this.of(type);
    state.upserts += 1;
    state.hash.add(after);
    if (before === null) state.count += 1;
    else state.hash.subtract(before);
  }

  /** Rows that were not there before, by the sum of their digests. */
  addRows(type: string, count: number, checksum: string): void {
    const state = this.of(type);
    state.upserts += count;
    state.count += count;
    state.hash.add(Buffer.from(checksum, 'hex'));
  }

  remove(type: string, before: Buffer): void {
    const state = this.of(type);
    state.deletes += 1;
    state.count -= 1;
    state.hash.subtract(before);
  }

  private of(type: string): { upserts: number; deletes: number; count: number; hash: MultisetHash } {
    const state = this.states.get(type);
    if (state === undefined) throw new RangeError(`no state is kept of type ${type}`);
    return state;
  }

  result(): TypeState[] {
    return [...this.states].map(([type, { hash, ...counts }]) => ({
      type,
      ...counts,
      checksum: hash.toHex(),
    }));
  }
}
