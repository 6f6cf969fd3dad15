import { Readable } from 'node:stream';
import type { ObjectInfo } from '../../platform/bucket/index.js';
import { blobPrefix, FormatError, openBlob, type BlobEntry } from '../format/index.js';
import type { CondemnedBlob } from './attachment-ledger.js';
import type { GenerationOutcome } from './generation-check.js';
import { checkInFlight } from './in-flight.js';
import { count, type Look } from './look.js';
import { OBJECT_KINDS } from './object-kinds.js';
import { TaskPool } from './task-pool.js';

const AT_ONCE = 8;
/** Replicas that never acknowledge hold nothing up for longer than this. */
const LONGEST_KEEP_MS = 86_400_000;
/** Uploads wait for the next batch, and those wait while the connector is held. */
const IN_FLIGHT_MS = 3_600_000;

/** In the header it is sealed to others, or the lines that have it could not be read. */
const NO_KEY: readonly string[] = ['format.not_a_recipient', 'format.key_missing'];

const isBlobKey = OBJECT_KINDS.find(({ name }) => name === 'attachment')?.isKey ?? (() => false);

/** Every object under `b/` against what the manifests of the generations in use say of it. */
export class AttachmentCheck {
  private readonly pool = new TaskPool(AT_ONCE);
  private readonly missing: Map<string, BlobEntry>;

  constructor(
    private readonly look: Look,
    private readonly inUse: readonly GenerationOutcome[],
  ) {
    this.missing = new Map(inUse.flatMap(({ ledger }) => [...ledger.live]));
  }

  async run(): Promise<void> {
    try {
      for await (const info of this.look.reader.list(blobPrefix))
        if (isBlobKey(info.key)) await this.pool.add(() => this.check(info));
      // what is not in the listing may have come after it
      for (const entry of this.missing.values()) await this.pool.add(() => this.compare(entry, null));
      await this.pool.end();
    } finally {
      await this.pool.settle();
    }
  }

  private async check(info: ObjectInfo): Promise<void> {
    const entry = this.missing.get(info.key);
    this.missing.delete(info.key);
    if (entry !== undefined) return this.compare(entry, info.size);
    const condemned = this.inUse
      .map(({ ledger }) => ledger.condemned.get(info.key))
      .find((found) => found !== undefined);
    return condemned === undefined ? this.checkUnnamed(info) : this.checkCondemned(info, condemned);
  }

  private async compare(entry: BlobEntry, listed: number | null): Promise<void> {
    try {
      // whoever opens a file asks for the bytes that were signed, and would not see what was put behind them
      const isWhole = listed === null || listed === entry.bytes;
      if (isWhole && (await this.open(entry))) return;
      await this.look.reader.compare(entry.name, entry, listed);
    } catch (error) {
      this.look.findings.refuse(entry.name, error);
    }
  }

  /**
   * Opening compares every byte as well; a wrong key among the lines is found here, and by whoever opens the file.
   * @returns false where no key at hand opens it
   */
  private async open(entry: BlobEntry): Promise<boolean> {
    const { reader, identities, trust, tally } = this.look;
    if (identities.length === 0) return false;
    try {
      const blob = await openBlob({
        ...{ context: { tenant: trust.current.tenant, name: entry.name }, identities, expect: entry },
        dataKey: this.keyOf(entry.name),
        fetch: (range) => Promise.resolve(Readable.from(reader.chunks(entry.name, range))),
      });
      this.assertRowAgrees(entry.name, blob.plainBytes);
      await drain(blob.read());
      tally.opened.attachments += 1;
      reader.progress.objects += 1;
      return true;
    } catch (error) {
      if (!(error instanceof FormatError) || !NO_KEY.includes(error.code)) throw error;
      this.look.findings.add(
        'notice',
        'verify.not_opened',
        entry.name,
        'its key cannot be had with this identity: only its bytes were compared',
      );
      return false;
    }
  }

  private keyOf(name: string): Buffer | null {
    for (const { rows } of this.inUse) {
      const key = rows?.fileKeys.of(name) ?? null;
      if (key !== null) return key;
    }
    return null;
  }

  private assertRowAgrees(name: string, plainBytes: number): void {
    for (const { rows } of this.inUse) {
      const signed = rows?.attachments.plainBytesOf(name) ?? null;
      if (signed !== null && signed !== plainBytes)
        throw new FormatError('format.out_of_place', 'the file has another length than its row says');
    }
  }

  private async checkCondemned(info: ObjectInfo, { entry, n, at }: CondemnedBlob): Promise<void> {
    const { look } = this;
    count(look.tally.condemned, info.size);
    if (entry !== null) await this.compareBytes(entry, info.size);
    const ageMs = look.now.getTime() - at.getTime();
    const isLate = ageMs > (n === 1 ? IN_FLIGHT_MS : LONGEST_KEEP_MS);
    look.findings.add(
      isLate ? 'warning' : 'notice',
      isLate ? 'verify.should_be_gone' : 'verify.condemned',
      info.key,
      `no row shows this attachment since batch ${String(n)} (${at.toISOString()})`,
    );
  }

  private async compareBytes(entry: BlobEntry, listed: number | null): Promise<void> {
    try {
      await this.look.reader.compare(entry.name, entry, listed);
    } catch (error) {
      this.look.findings.refuse(entry.name, error);
    }
  }

  private async checkUnnamed(info: ObjectInfo): Promise<void> {
    const { look } = this;
    await checkInFlight(look, info);
    if (look.now.getTime() - info.lastModified.getTime() < IN_FLIGHT_MS) return;
    look.findings.add(
      'warning',
      'verify.left_over',
      info.key,
      'no manifest names this attachment, and it has been there for an hour or more',
    );
  }
}

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
