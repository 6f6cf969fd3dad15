import type { Bucket } from '../../../src/platform/bucket/index.js';
import type { ConnectorDatabase } from '../../connector-database.js';
import type { BatchSealer } from '../batch-sealer.js';
import type { BatchStore, SealedBatch } from '../batch.store.js';
import { openPart, type BatchPlace } from '../batch-writer.js';
import type { FileKeys } from '../file-keys.js';
import type { Generation } from '../generation.store.js';
import { PartCarrier, type LongBatch } from '../part-carrier.js';
import type { PublishLease } from '../publish-lease.js';
import type { Recipients } from '../recipients.js';
import type { OpenSnapshot } from '../snapshot-reader.js';
import type { Spool } from '../spool.js';
import { RebaseStep } from './rebase-step.js';
import { giveUpRebase, type Rebase, type RebaseProgress, type RebaseStore } from './rebase.store.js';
import { RowRanges } from './row-ranges.js';
import { isErasureWaiting, whyRebase, type RebaseRules } from './why-rebase.js';

export interface RebaserParts {
  db: ConnectorDatabase;
  bucket: Bucket;
  spool: Spool;
  lease: PublishLease;
  batches: BatchStore;
  sealer: BatchSealer;
  recipients: Recipients;
  fileKeys: FileKeys;
  store: RebaseStore;
  /** rows read per turn */
  chunkRows: number;
  rules: RebaseRules;
}

/** A manifest may list 20,000 parts; those of the batches that come while the rows are read are among them. */
const MOST_PARTS = 15_000;

/**
 * Makes a generation anew beside the one in force, a piece per turn, and puts it in its place when it has every row. A
 * fresh replica then reads one snapshot and a short tail, and what was erased is in no object that is kept.
 */
export class Rebaser {
  private readonly carrier: PartCarrier;
  private readonly ranges: RowRanges;
  private lookedAt = 0;

  constructor(private readonly parts: RebaserParts) {
    this.carrier = new PartCarrier(parts.db, parts.bucket, parts.spool);
    this.ranges = new RowRanges(parts.chunkRows);
  }

  /** The one under way, begun now where there is a reason for one. */
  async current(generation: Generation, nextId: () => Promise<number>): Promise<Rebase | null> {
    const { store, recipients } = this.parts;
    const rebase = await store.current();
    const isTimeToLook = Date.now() - this.lookedAt >= this.parts.rules.lookEveryMs;
    if (isTimeToLook) this.lookedAt = Date.now();
    if (rebase !== null) {
      const isOvertaken = isTimeToLook && (await isErasureWaiting(this.parts.db));
      return this.usable(rebase, generation) && !isOvertaken ? rebase : this.giveUp(rebase);
    }
    if (!isTimeToLook) return null;
    const why = await whyRebase(this.parts.db, generation, this.parts.rules);
    if (why === null) return null;
    const id = await nextId();
    await store.begin(id, generation, await recipients.choose(id), why);
    this.ranges.forget();
    return store.current();
  }

  /** Makes the next look for a reason happen now, however short ago the last was. */
  lookNow(): void {
    this.lookedAt = 0;
  }

  private usable(rebase: Rebase, generation: Generation): boolean {
    const isStillWhole = this.parts.recipients.still(rebase.recipients).length === rebase.recipients.length;
    const { completeAtN } = rebase;
    const hasRoom = completeAtN !== null || rebase.parts.length < MOST_PARTS;
    // the keys of its files were written for that very batch, and cannot be taken back from a part
    const isStillNewest = completeAtN === null || completeAtN === generation.head;
    return rebase.basedOn === generation.id && isStillWhole && isStillNewest && hasRoom;
  }

  /** What is on disk of it goes too: it may hold somebody who was erased meanwhile. */
  async giveUp({ generation, nonce }: Rebase): Promise<null> {
    const { store, spool } = this.parts;
    await store.giveUp();
    await this.carrier.settled();
    await spool.remove({ generation, n: 1, nonce });
    this.ranges.forget();
    this.lookNow();
    return null;
  }

  /** Called in the snapshot that the turn's delta is read in. */
  async open(rebase: Rebase, generation: Generation, open: OpenSnapshot): Promise<RebaseStep> {
    const { sealer, spool, chunkRows, fileKeys } = this.parts;
    const place = this.placeOf(rebase);
    const header = sealer.headerOf(generation, open.catalog);
    return new RebaseStep({
      ...{ rebase, chunkRows, fileKeys, ranges: this.ranges, digestKey: generation.digestKey },
      types: open.catalog.types.map(({ type }) => type),
      mayRead: await spool.hasRoom(),
      openPart: (part) => openPart(place, part, header),
    });
  }

  private placeOf({ generation, nonce, recipients }: Rebase): BatchPlace {
    const { sealer, spool, lease } = this.parts;
    return {
      ...{ tenant: sealer.tenant, generation, n: 1, epoch: lease.epoch },
      recipients: this.parts.recipients.still(recipients),
      folder: spool.folderOf({ generation, n: 1, nonce }),
    };
  }

  /** After the piece was recorded: it goes up beside what comes next. */
  async carry(rebase: Rebase, { policyVersion }: Generation, { entries }: RebaseProgress): Promise<void> {
    const batch: LongBatch = { generation: rebase.generation, n: 1, nonce: rebase.nonce, policyVersion };
    for (const [index, entry] of entries.entries())
      await this.carrier.begin(batch, { part: rebase.parts.length + index, entry });
  }

  forget(): void {
    this.ranges.forget();
  }

  /**
   * Records the new generation's snapshot as pending, in the place of the old generation. From the parts alone: the state
   * that it states is the one of the old generation's last batch, which its `equals` names.
   */
  async switchOver(rebase: Rebase, old: Generation): Promise<SealedBatch> {
    const { batches, sealer, rules } = this.parts;
    await this.carrier.settled();
    const state = await batches.stateAfter(old.id, old.head);
    const known = new Map(state.map((entry) => [entry.type, entry]));
    const batch = await sealer.sealRebase({
      ...{ rebase, old, place: this.placeOf(rebase) },
      types: rebase.tally.map((entry) => ({
        ...entry,
        count: known.get(entry.type)?.count ?? entry.count,
        checksum: known.get(entry.type)?.checksum ?? entry.checksum,
      })),
    });
    const graceMs = rebase.mustPurgeAtOnce ? 0 : rules.graceMs;
    await batches.recordRebase(old, batch, graceMs, giveUpRebaseRows);
    return batch;
  }
}

async function giveUpRebaseRows(tx: Parameters<typeof giveUpRebase>[0]): Promise<void> {
  await tx.query('DELETE FROM replication.rebase');
}
