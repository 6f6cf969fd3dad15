import { parseSnapshot } from '../../src/replication/changelog/index.js';
import type { PartEntry, TypeState } from '../../src/replication/format/index.js';
import { readAttachments, type AttachmentChanges } from './attachment-references.js';
import type { BatchSealer, BatchDraft } from './batch-sealer.js';
import type { BatchStore, SealedBatch } from './batch.store.js';
import { StateTally } from './batch-writer.js';
import type { ChangedKeys } from './changed-keys.js';
import { ATTACHMENT_TYPE } from './cloud-catalog.js';
import { BrakePassed, DeleteBrake, type DeleteCounts } from './delete-brake.js';
import { countDeletes } from './delete-count.js';
import { compareKeys } from './delta-comparison.js';
import type { FileKeys } from './file-keys.js';
import type { Generation, GenerationStore } from './generation.store.js';
import type { LaneEvents } from './lane-events.js';
import { LedgerChanges } from './ledger-changes.js';
import type { PartCarrier } from './part-carrier.js';
import type { PublishLease } from './publish-lease.js';
import { DeletesHeld, ForkDetected, PolicyChanged } from './publish.errors.js';
import type { OpenSnapshot, SnapshotReader } from './snapshot-reader.js';
import type { RebaseStep } from './rebase/rebase-step.js';
import type { RebaseProgress } from './rebase/rebase.store.js';
import type { Session } from '../connector-database.js';
import type { Spool } from './spool.js';

/** What a batch continues from. */
export interface DeltaStart {
  generation: Generation;
  /** every change that became visible after this snapshot is looked at */
  since: string;
  /** what the replica holds before the batch */
  before: TypeState[];
  /** parts that the batch has already; only a first snapshot has any */
  parts: PartEntry[];
  previous: string | null;
  /** must resolve before the batch is recorded */
  headCheck: Promise<void>;
  /**
   * What may be deleted beyond the policy's threshold, because a person has seen and confirmed it. 'everything' for what
   * was decided elsewhere and must not wait: a new generation under another policy, an erasure.
   */
  brake: DeleteCounts | 'everything';
  /** a generation that is being made beside this one, and takes its share of the same snapshot */
  rebase?: RebaseShare | null;
}

export interface RebaseShare {
  open(open: OpenSnapshot): Promise<RebaseStep>;
  record(tx: Session, progress: RebaseProgress): Promise<void>;
  /** after it was recorded */
  done(progress: RebaseProgress): Promise<void>;
}

interface MadeDelta {
  open: OpenSnapshot;
  draft: BatchDraft;
  ledger: LedgerChanges;
  parts: PartEntry[];
  types: TypeState[];
  attachments: AttachmentChanges;
  progress: RebaseProgress | null;
}

export interface DeltaParts {
  reader: SnapshotReader;
  keys: ChangedKeys;
  sealer: BatchSealer;
  batches: BatchStore;
  generations: GenerationStore;
  lease: PublishLease;
  spool: Spool;
  carrier: PartCarrier;
  events: LaneEvents;
  fileKeys: FileKeys;
  /** bytes of a part before compression; the writer's own bound when left out */
  partBytes?: number | undefined;
}

/**
 * Makes one batch of what changed, from open snapshot to pending row. Nothing of it is in the bucket afterwards, unless
 * it outgrew the spool: then its parts went up before it was recorded, and no manifest names them yet.
 */
export class DeltaMaker {
  /** parts of a batch that was not recorded were sent under the epoch in hand */
  private isSomethingOut = false;

  constructor(private readonly parts: DeltaParts) {}

  /**
   * Answers null where nothing that is selected has changed; S_prev has moved on then.
   * @throws PolicyChanged, DeletesHeld
   */
  async make(start: DeltaStart): Promise<SealedBatch | null> {
    const { reader, generations, sealer, batches, events, spool } = this.parts;
    const { generation, previous } = start;
    if (this.isSomethingOut) {
      // an upload that was given up may still land, and must not land on what is sent now
      await this.parts.lease.beginEpoch();
      this.isSomethingOut = false;
    }
    const made = await reader.read((open) => this.read(start, open));
    if (made === null) throw new PolicyChanged();
    const { open, draft } = made;
    const beside = besideOf(start.rebase, made.progress);
    if (made.parts.length === 0) {
      await generations.advance(generation.id, open, beside);
      if (made.progress !== null) await start.rebase?.done(made.progress);
      return null;
    }
    try {
      const { parts, types, attachments } = made;
      const batch = await sealer.seal({ generation, previous, draft, open, parts, types, attachments });
      await events.reach('sealed', batch);
      await start.headCheck;
      await batches.record(open.session, generation, open, batch, made.ledger, beside);
      this.isSomethingOut = false;
      if (made.progress !== null) await start.rebase?.done(made.progress);
      await events.reach('recorded', batch);
      return batch;
    } catch (error) {
      await this.parts.reader.forget();
      if (generation.head > 0 && (await this.isUnrecorded(draft)))
        await spool.removeFolder(draft.place.folder);
      throw error;
    }
  }

  private async isUnrecorded(draft: BatchDraft): Promise<boolean> {
    const pending = await this.parts.batches.pending().catch(() => undefined);
    return pending === null || (pending !== undefined && pending.nonce !== draft.nonce);
  }

  private async read(start: DeltaStart, open: OpenSnapshot): Promise<MadeDelta> {
    const { generation } = start;
    assertSameSource(generation, open, start.since);
    if (open.catalog.policyVersion !== generation.policyVersion) throw new PolicyChanged();
    await this.parts.keys.collect(open, start.since, generation.catalog);
    const { sealer, lease, partBytes } = this.parts;
    const draft = sealer.draft(generation, open.catalog, lease.epoch, {
      ...(partBytes === undefined ? {} : { partBytes }),
      firstPart: start.parts.length,
      afterPart: (made) => this.makeRoom(start, draft, made),
    });
    await this.parts.events.openSnapshot(open, draft.place);
    const ledger = new LedgerChanges(open.session);
    const types = open.catalog.types.map(({ type }) => type);
    const tally = new StateTally(types, start.before, draft.place.n === 1);
    const { digestKey } = generation;
    const { brakeDeletes } = open.catalog;
    const brake = start.brake === 'everything' ? null : new DeleteBrake(brakeDeletes, start.brake);
    const mirror = await start.rebase?.open(open);
    try {
      await compareKeys(open, { digestKey, writer: draft.writer, tally, ledger, brake, mirror });
      // even an empty cloud has a first batch, with the header that says what there could be
      if (draft.place.n === 1 && start.parts.length === 0) await draft.writer.openPart();
      const state = tally.result();
      const attachments = await this.attachments(generation, open, state, draft);
      const parts = [...start.parts, ...(await draft.writer.finish())];
      await mirror?.read(open);
      const n = parts.length === 0 ? generation.head : draft.place.n;
      const progress = mirror?.progress(state, n) ?? null;
      return { open, draft, ledger, parts, types: state, attachments, progress };
    } catch (error) {
      await mirror?.abort();
      await draft.writer.abort();
      // Parts that were finished would fill the disk, try after try. Those of a first snapshot are its chunks, and stay.
      if (generation.head > 0) await this.parts.spool.removeFolder(draft.place.folder);
      if (!(error instanceof BrakePassed) || brakeDeletes === null) throw error;
      throw new DeletesHeld(await countDeletes(open), brakeDeletes, open.snapshot);
    }
  }

  /**
   * What gathered over days may be more than the spool holds. The bucket must be known to be ours before anything is put
   * there; what a batch that is never recorded leaves in it is swept like the parts of any lost one.
   * @throws SpoolFull
   */
  private async makeRoom(
    start: DeltaStart,
    { place, nonce }: BatchDraft,
    made: readonly PartEntry[],
  ): Promise<void> {
    const { spool, carrier } = this.parts;
    if (await spool.hasRoom()) return;
    await start.headCheck;
    const { policyVersion } = start.generation;
    const recorded = made.map((entry, index) => ({ part: start.parts.length + index, entry }));
    const batch = { generation: place.generation, n: place.n, nonce, policyVersion };
    this.isSomethingOut = true;
    await carrier.makeRoom(batch, () => Promise.resolve(recorded));
  }

  /** Only a batch that touches attachments pays for the look at all of them. */
  private async attachments(
    { id, head }: Generation,
    open: OpenSnapshot,
    types: readonly TypeState[],
    { place, writer }: BatchDraft,
  ): Promise<AttachmentChanges> {
    const isSnapshot = place.n === 1;
    const ofType = types.find(({ type }) => type === ATTACHMENT_TYPE);
    const isTouched = ofType !== undefined && ofType.upserts + ofType.deletes > 0;
    if (!isSnapshot && !isTouched) return this.parts.batches.attachmentsAfter(id, head);
    const changes = await readAttachments(open, isSnapshot);
    const keys = await this.parts.fileKeys.write(open, changes.added, (name, key) => writer.key(name, key));
    return { ...changes, keys };
  }
}

function besideOf(share: RebaseShare | null | undefined, progress: RebaseProgress | null) {
  if (!share || progress === null) return undefined;
  return (tx: Session): Promise<void> => share.record(tx, progress);
}

/** One history has one system identifier and timeline, and transaction ids that only rise. @throws ForkDetected */
export function assertSameSource(generation: Generation, open: OpenSnapshot, since: string | null): void {
  const { systemIdentifier, timeline } = generation.source;
  if (open.source.systemIdentifier !== systemIdentifier)
    throw new ForkDetected('This is another database cluster than before.');
  if (open.source.timeline !== timeline) {
    throw new ForkDetected('The database is on another timeline than before: it was restored or promoted.');
  }
  assertRisen(open.snapshot, since);
}

/** @throws ForkDetected */
export function assertRisen(snapshot: string, since: string | null): void {
  if (since === null || parseSnapshot(snapshot).xmax >= parseSnapshot(since).xmax) return;
  throw new ForkDetected('Transaction numbers have gone back: the database was set back.');
}
