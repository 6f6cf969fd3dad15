import type { Bucket } from '../../src/platform/bucket/index.js';
import { changesSinceSql } from '../../src/replication/changelog/index.js';
import { BatchSealer } from './batch-sealer.js';
import { BatchStore, type SealedBatch } from './batch.store.js';
import { BrakeWatch, type BrakeOptions } from './brake-watch.js';
import { ChangedKeys } from './changed-keys.js';
import { readActiveVersion } from './cloud-catalog.js';
import { readControl } from '../connector-control.js';
import { assertRisen, DeltaMaker, type DeltaStart, type RebaseShare } from './delta-maker.js';
import { FirstSnapshot } from './first-snapshot.js';
import { assertErasuresReplayed } from './erasure-gate.js';
import { FileKeys } from './file-keys.js';
import { GenerationStore, type Generation, type ManifestKeys } from './generation.store.js';
import { assertNoneRequested, stoppingRequests } from './generation-requests.js';
import { LaneEvents, type LaneListener } from './lane-events.js';
import type { PublishLease } from './publish-lease.js';
import type { ConnectorDatabase } from '../connector-database.js';
import {
  DeletesHeld,
  ForkDetected,
  GenerationRequested,
  GenerationSpoiled,
  LedgerDiffers,
  ManifestKeysChanged,
  PolicyChanged,
  ReplicasChanged,
  StandbyRefused,
} from './publish.errors.js';
import { ChunkLost, PartCarrier } from './part-carrier.js';
import { Rebaser } from './rebase/rebaser.js';
import { RebaseStore, type Rebase } from './rebase/rebase.store.js';
import { DEFAULT_RULES, type RebaseRules } from './rebase/why-rebase.js';
import { Recipients } from './recipients.js';
import { SnapshotReader } from './snapshot-reader.js';
import { Spool } from './spool.js';
import type { ConnectorTrust } from './trust.js';
import { Uploader } from './uploader.js';

export type TurnOutcome = 'published' | 'moved-on' | 'idle' | 'held' | 'paused' | 'no-policy';

export interface PublisherOptions {
  db: ConnectorDatabase;
  lease: PublishLease;
  bucket: Bucket;
  trust: ConnectorTrust;
  spool: Spool;
  listeners?: readonly LaneListener[];
  /** rows per part of a first snapshot */
  chunkRows?: number;
  /** bytes before compression, above which a batch of changes begins another part */
  partBytes?: number;
  /** rows per turn of a generation that is made beside the one in force */
  rebaseRows?: number;
  rebaseRules?: RebaseRules;
  reader?: SnapshotReader;
  keys?: ChangedKeys;
  brake?: Partial<BrakeOptions>;
}

const CHUNK_ROWS = 50_000;
/** Fewer, because the changes of the moment wait for them. */
const REBASE_ROWS = 20_000;
/** How often a quiet lane looks for what no trigger reports: a rewritten table, a trigger switched off. */
const FINGERPRINT_EVERY_MS = 5_000;

interface Look {
  is_standby: boolean;
  has_changes: boolean;
  at: Date;
  snapshot: string;
}

/**
 * Decides, turn by turn, what the publishing lane owes the bucket: to finish a batch that a crash interrupted, to
 * begin a generation, or to publish what changed. Every decision is taken from the database and the bucket alone,
 * so it does not matter who took the turn before.
 */
export class Publisher {
  readonly generations: GenerationStore;
  readonly batches: BatchStore;
  readonly uploader: Uploader;
  readonly brake: BrakeWatch;
  private readonly delta: DeltaMaker;
  private readonly snapshot: FirstSnapshot;
  private readonly reader: SnapshotReader;
  private readonly recipients: Recipients;
  private readonly events: LaneEvents;
  readonly rebaser: Rebaser;
  private readonly rebases: RebaseStore;
  private fingerprintsSeenAt = 0;
  private isBucketInDoubt = false;
  /** nothing that is selected had changed, against what is published, at this moment */
  currentAsOf: Date | null = null;
  /** for generations that begin from now on; set when the bucket was tried */
  manifestKeys: ManifestKeys = 'plain';

  constructor(private readonly options: PublisherOptions) {
    const { db, lease, bucket, trust, spool } = options;
    const events = new LaneEvents(options.listeners);
    this.events = events;
    this.reader = options.reader ?? new SnapshotReader(db);
    const { reader } = this;
    const keys = options.keys ?? new ChangedKeys();
    this.generations = new GenerationStore(db, lease);
    this.batches = new BatchStore(db, lease);
    this.brake = new BrakeWatch(db, lease, options.brake);
    this.uploader = new Uploader({ db, bucket, spool, lease, batches: this.batches, trust, events });
    const { generations, batches } = this;
    this.recipients = new Recipients(db, trust);
    const { recipients } = this;
    const sealer = new BatchSealer(trust, spool, recipients);
    const fileKeys = new FileKeys(db, () => trust.fileKeySeal());
    const carrier = new PartCarrier(db, bucket, spool);
    this.delta = new DeltaMaker({
      ...{ reader, keys, sealer, batches, generations, lease, spool, carrier, events, fileKeys },
      partBytes: options.partBytes,
    });
    const { delta } = this;
    const chunkRows = options.chunkRows ?? CHUNK_ROWS;
    this.rebases = new RebaseStore(db, lease);
    this.rebaser = new Rebaser({
      ...{ db, bucket, spool, lease, batches, sealer, recipients, fileKeys, store: this.rebases },
      chunkRows: options.rebaseRows ?? REBASE_ROWS,
      rules: options.rebaseRules ?? DEFAULT_RULES,
    });
    this.snapshot = new FirstSnapshot({
      ...{ db, reader, generations, delta, sealer, lease, spool, bucket, events, chunkRows },
    });
  }

  /** One step of the lane. Throws what stops it; the next turn begins from the stored state again. */
  async turn(signal: AbortSignal = new AbortController().signal): Promise<TurnOutcome> {
    const control = await readControl(this.options.db);
    if (control.isPaused) return 'paused';
    try {
      return await this.advance(signal);
    } catch (error) {
      const reason = reasonToBegin(error, control);
      if (reason === null) throw error;
      return this.begin(reason);
    }
  }

  /** Removes from the spool what a crash left there and no batch in hand owns. Only for who holds the lease. */
  async tidySpool(): Promise<void> {
    const { spool } = this.options;
    const [pending, generation] = [await this.batches.pending(), await this.generations.current()];
    const kept = pending === null ? [] : [spool.folderOf(pending)];
    if (generation?.state === 'building') {
      kept.push(spool.folderOf({ generation: generation.id, n: 1, nonce: generation.snapshotNonce }));
    }
    const rebase = await this.rebases.current();
    if (rebase !== null)
      kept.push(spool.folderOf({ generation: rebase.generation, n: 1, nonce: rebase.nonce }));
    await spool.keepOnly(kept);
  }

  private async advance(signal: AbortSignal): Promise<TurnOutcome> {
    await this.options.trust.takeUp();
    const [pending, generation] = [await this.batches.pending(), await this.generations.current()];
    if (generation?.manifestKeys === 'plain' && this.manifestKeys === 'epoch')
      throw new ManifestKeysChanged();
    if (pending !== null && generation !== null) return this.finish(pending, generation);
    const policy = await readActiveVersion(this.options.db);
    if (policy === null) return 'no-policy';
    if (generation === null) return this.beginFirst();
    if (generation.policyVersion !== policy.version) throw new PolicyChanged();
    await this.assertSameReaders(generation);
    if (generation.state === 'building') {
      const batch = await this.snapshot.make(generation, this.headCheck(generation), signal);
      return this.publish(batch, generation);
    }
    const rebase = await this.rebaser.current(generation, () => this.nextGeneration());
    if (rebase?.completeAtN === generation.head) return this.switchOver(rebase, generation);
    const hasWork = rebase !== null || (await this.hasWork(generation));
    return hasWork || this.brake.isHolding(generation) ? this.publishChanges(generation, rebase) : 'idle';
  }

  private shareOf(rebase: Rebase | null, generation: Generation): RebaseShare | null {
    if (rebase === null) return null;
    return {
      open: (open) => this.rebaser.open(rebase, generation, open),
      record: (tx, progress) => this.rebases.advance(tx, rebase, progress),
      done: (progress) => this.rebaser.carry(rebase, generation, progress),
    };
  }

  private async switchOver(rebase: Rebase, old: Generation): Promise<TurnOutcome> {
    await this.headCheck(old);
    const batch = await this.rebaser.switchOver(rebase, old);
    await this.events.reach('recorded', batch);
    return this.publish(batch, old);
  }

  private async nextGeneration(): Promise<number> {
    return 1 + Math.max(await this.generations.highestId(), await this.uploader.highestGeneration());
  }

  private async publishChanges(generation: Generation, rebase: Rebase | null): Promise<TurnOutcome> {
    const look = await this.brake.look(generation);
    if (look === null) return this.held(generation);
    let batch: SealedBatch | null;
    try {
      batch = await this.makeDelta(generation, rebase, look.confirmed);
    } catch (error) {
      if (!(error instanceof DeletesHeld)) throw error;
      if (!(await this.brake.mustLetPass(generation, rebase?.mustPurgeAtOnce === true))) {
        await this.brake.hold(generation, error, look);
        return this.held(generation);
      }
      batch = await this.makeDelta(generation, rebase, 'everything');
    }
    this.brake.release();
    return this.publish(batch, generation);
  }

  private async makeDelta(
    generation: Generation,
    rebase: Rebase | null,
    brake: DeltaStart['brake'],
  ): Promise<SealedBatch | null> {
    const start = await this.deltaStart(generation);
    return this.delta.make({ ...start, brake, rebase: this.shareOf(rebase, generation) });
  }

  /** The replica's state is still the newest that may leave; how old it is stands in the ledger's cursor. */
  private held({ cursorAt }: Generation): TurnOutcome {
    this.currentAsOf ??= cursorAt;
    return 'held';
  }

  /** @throws GenerationRequested, ReplicasChanged */
  private async assertSameReaders({ sealedTo }: Generation): Promise<void> {
    await assertNoneRequested(this.options.db);
    if (sealedTo !== null && sealedTo !== this.options.trust.sealedTo) throw new ReplicasChanged();
  }

  private async deltaStart(generation: Generation) {
    const before = await this.batches.stateAfter(generation.id, generation.head);
    const isInDoubt = this.isBucketInDoubt;
    const headCheck = this.headCheck(generation);
    // After days offline a delta takes minutes and much of the spool: not made anew at each try, only for nobody to take it.
    if (isInDoubt) await headCheck;
    const { cursor, headDigest: previous } = generation;
    return { generation, since: cursor ?? '', before, parts: [], previous, headCheck };
  }

  /** Asked beside the reading, because the bucket may be far away; its answer is awaited before anything is recorded. */
  private headCheck(generation: Generation): Promise<void> {
    const check = this.uploader.assertHead(generation).then(
      () => {
        this.isBucketInDoubt = false;
      },
      (error: unknown) => {
        this.isBucketInDoubt = true;
        throw error;
      },
    );
    check.catch(() => undefined); // whoever awaits it handles the error; before that it must not end the process
    return check;
  }

  private async publish(batch: SealedBatch | null, { manifestKeys }: Generation): Promise<TurnOutcome> {
    if (batch === null) return 'moved-on';
    await this.uploader.upload(batch, manifestKeys);
    this.currentAsOf = batch.asOf;
    return 'published';
  }

  /** What a crash left: published already, to be uploaded, or to be made again. */
  private async finish(batch: SealedBatch, generation: Generation): Promise<TurnOutcome> {
    const { manifestKeys } = generation;
    if ((await this.uploader.standing(batch, manifestKeys)) === 'ours') {
      await this.batches.markPublished(batch);
      await this.options.spool.remove(batch);
      return 'published';
    }
    await this.uploader.assertWanted(batch);
    await this.assertSameReaders(generation);
    if (await this.uploader.isWhole(batch)) return this.publish(batch, generation);
    if (batch.kind === 'snapshot') throw new ChunkLost('a part of the snapshot is lost');
    // Made again under the same epoch it would have the same key, and the first one may still be on its way.
    if (manifestKeys === 'epoch') throw new ChunkLost('a part of the batch is lost');
    await this.batches.undo(batch, 'the spool was lost');
    await this.tidySpool(); // a re-base that was under way went with it
    return 'moved-on';
  }

  private async beginFirst(): Promise<TurnOutcome> {
    if ((await this.uploader.highestGeneration()) > 0) {
      throw new ForkDetected('The bucket holds batches, and this database has never published any.');
    }
    return this.begin('the first policy');
  }

  private async begin(reason: string): Promise<TurnOutcome> {
    const { generations, options } = this;
    // in this order: a request comes with the root that it is made for, and only what was seen before it counts as answered
    const stopping = await stoppingRequests(options.db);
    await options.trust.takeUp();
    const seen = await this.reader.read((open) =>
      Promise.resolve({ catalog: open.catalog, source: open.source }),
    );
    if (seen === null) return 'no-policy';
    await assertErasuresReplayed(options.db, seen.source);
    const id = await this.nextGeneration();
    const { manifestKeys } = this;
    const recipients = await this.recipients.choose(id);
    await generations.begin(id, seen.catalog, seen.source, {
      ...{ reason, manifestKeys, recipients, readers: options.trust, stopping: stopping?.ids ?? [] },
    });
    this.rebaser.forget();
    await options.spool.keepOnly([]);
    this.brake.release();
    this.currentAsOf = null;
    return 'moved-on';
  }

  private async hasWork(generation: Generation): Promise<boolean> {
    const now = Date.now();
    if (now - this.fingerprintsSeenAt >= FINGERPRINT_EVERY_MS) {
      this.fingerprintsSeenAt = now;
      if (await this.hasMovedTables(generation)) return true;
    }
    const { cursor } = generation;
    const {
      is_standby: isStandby,
      has_changes: hasChanges,
      at,
      snapshot,
    } = await this.options.db.one<Look>(
      `SELECT EXISTS (${changesSinceSql(cursor ?? '')}) AS has_changes, transaction_timestamp() AS at,
         pg_is_in_recovery() AS is_standby, pg_current_snapshot()::text AS snapshot`,
    );
    // where an address has moved to a standby, its silence proves nothing
    if (isStandby) throw new StandbyRefused();
    // a database that was set back may show no change at all
    assertRisen(snapshot, cursor);
    if (!hasChanges && !this.brake.isHolding(generation)) this.currentAsOf = at;
    return hasChanges;
  }

  /** Makes the next turn compare the tables' fingerprints, however short ago that was done. */
  lookAtTables(): void {
    this.fingerprintsSeenAt = 0;
  }

  private async hasMovedTables({ catalog }: Generation): Promise<boolean> {
    const rows = await this.options.db.query<{ type: string; fingerprint: string }>(
      'SELECT type, fingerprint FROM cloud.catalog_fingerprint()',
    );
    return rows.some(({ type, fingerprint }) => catalog[type] !== fingerprint);
  }
}

/** Why a generation begins where the one in hand cannot go on; null where another one would not help. */
function reasonToBegin(error: unknown, control: { isForkAllowed: boolean }): string | null {
  if (error instanceof ForkDetected && control.isForkAllowed) return 'a person allowed a new history';
  if (error instanceof PolicyChanged) return 'the policy changed';
  if (error instanceof GenerationRequested) return error.reason;
  if (error instanceof ReplicasChanged) return 'the replicas that may read have changed';
  if (error instanceof GenerationSpoiled) return 'a batch that was taken back reached the bucket';
  if (error instanceof ManifestKeysChanged) return 'the bucket ignores conditional writes now';
  if (error instanceof LedgerDiffers) return 'the ledger differed from the rows';
  if (error instanceof ChunkLost) return 'the spool was lost while the snapshot was made';
  return null;
}
