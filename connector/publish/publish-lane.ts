import { BucketError, type Bucket } from '../../src/platform/bucket/index.js';
import { databaseTrouble } from '../../src/platform/database/index.js';
import { errorCodeOf, safeError, type Logger } from '../../src/platform/logging/index.js';
import { lookPauseMs, pause, retryPauseMs } from '../../src/platform/pauses/index.js';
import { AuditCheckpoints } from './audit-checkpoints.js';
import { markStaleObjects } from './attachment-references.js';
import type { BucketAdmission } from './bucket-admission.js';
import { Heartbeat } from './heartbeat.js';
import { coalesceChanges, forgetOldAccount, forgetOldBatches, forgetOldChanges } from './housekeeping.js';
import type { PublishLease } from './publish-lease.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import { noteOpenTransactions } from './open-transactions.js';
import { explain, LeaseLost } from './publish.errors.js';
import type { Publisher, TurnOutcome } from './publisher.js';
import {
  brakeHeld,
  lagSeconds,
  laneErrors,
  lanePosition,
  laneBacklog,
  openTransactionAge,
} from './publish.metrics.js';
import { ReplicaAcks } from './replica-acks.js';
import { forgetOldLags, noteReplicaLags } from './replica-lags.js';
import type { Spool } from './spool.js';
import { StatusStore, type LaneState, type LastError } from './status.store.js';
import type { ConnectorTrust } from './trust.js';

export interface LaneOptions {
  publisher: Publisher;
  lease: PublishLease;
  db: ConnectorDatabase;
  bucket: Bucket;
  spool: Spool;
  trust: ConnectorTrust;
  log: Logger;
  pollMs: number;
  leaseMs: number;
  beatMs: number;
  /** batches follow one another no faster; 0 when left out */
  paceMs?: number;
  admission: BucketAdmission;
  /** entries in the change log above which it is coalesced by key */
  maxBacklog: number;
  /** called when a generation went live, so that older ones can leave the bucket */
  onGenerationLive: (generation: number) => Promise<void>;
}

const MAX_BACKOFF_MS = 30_000;
const STATUS_EVERY_MS = 1_000;
const UPKEEP_EVERY_MS = 10_000;
const WATCH_EVERY_MS = 5_000;
/** Coalescing reads the whole backlog, and where every key in it is another there is nothing to gain. */
const COALESCE_EVERY_MS = 600_000;

/**
 * The publishing lane: a loop under a lease. It is no queue job on purpose (docs/adr/0007): the lease in PostgreSQL says
 * who may publish, PostgreSQL says what is owed, and no queue's latency or outage stands between a commit and its batch.
 */
export class PublishLane {
  private readonly status: StatusStore;
  private readonly heartbeat: Heartbeat;
  private readonly acks: ReplicaAcks;
  private readonly checkpoints: AuditCheckpoints;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private lastError: LastError | null = null;
  private state: LaneState = 'starting';
  private failures = 0;
  private quietLooks = 0;
  private turnStartedAt = 0;
  private isPrepared = false;
  private statusWrittenAt = 0;
  private upkeepAt = 0;
  private watchedAt = 0;
  private coalescedAt = 0;
  private isRenewing = false;
  private wentLive = 0;

  constructor(private readonly options: LaneOptions) {
    this.status = new StatusStore(options.db);
    this.heartbeat = new Heartbeat(options.bucket, options.trust, options.beatMs);
    this.acks = new ReplicaAcks(options.db, options.bucket, options.trust);
    this.checkpoints = new AuditCheckpoints(options.db, options.bucket, options.log);
  }

  start(): void {
    this.running = this.loop(this.stopping.signal);
  }

  /** Ends after the step in hand; what it leaves pending is finished by whoever comes next. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.state = 'stopped';
    await this.report(true).catch((error: unknown) => this.note(error));
    await this.options.lease.release().catch((error: unknown) => this.note(error));
  }

  private async loop(signal: AbortSignal): Promise<void> {
    const { leaseMs, pollMs } = this.options;
    const renewal = setInterval(() => void this.renew(), Math.ceil(leaseMs / 3));
    try {
      while (!signal.aborted) {
        const waitMs = await this.step(signal).then(
          (outcome) => this.waitAfter(outcome, pollMs),
          (error: unknown) => this.waitAfterError(error),
        );
        await pause(waitMs, signal);
      }
    } finally {
      clearInterval(renewal);
    }
  }

  private async step(signal: AbortSignal): Promise<TurnOutcome | 'standby'> {
    const { lease, publisher, trust, bucket } = this.options;
    if (!lease.isHeld) {
      if (!(await lease.acquire())) {
        // whoever publishes looks; what this one saw last would go on to alarm
        openTransactionAge.reset();
        return 'standby';
      }
      await publisher.tidySpool();
    }
    await this.prepareBucket();
    this.turnStartedAt = performance.now();
    const outcome = await publisher.turn(signal);
    this.noteBrake(outcome);
    this.state = STATES[outcome];
    this.lastError = null;
    this.failures = 0;
    if (outcome === 'published') await trust.refresh(bucket);
    await this.afterTurn(outcome);
    return outcome;
  }

  /** Logged when it begins and when it ends, not at every turn. */
  private noteBrake(outcome: TurnOutcome): void {
    const { log, publisher } = this.options;
    if (outcome === 'paused') return;
    const deletes = outcome === 'held' ? publisher.brake.deletes : null;
    brakeHeld.set(Object.values(deletes ?? {}).reduce((sum, count) => sum + count, 0));
    if (outcome === 'held' && this.state !== 'held') log.warn({ event: 'brake.held', deletes });
    if (outcome !== 'held' && this.state === 'held') log.info({ event: 'brake.released' });
  }

  private async prepareBucket(): Promise<void> {
    if (this.isPrepared) return;
    const { admission, bucket, trust, publisher } = this.options;
    publisher.manifestKeys = await admission.ask();
    await trust.refresh(bucket);
    this.isPrepared = true;
  }

  private async afterTurn(outcome: TurnOutcome): Promise<void> {
    const { publisher, lease, onGenerationLive, trust, bucket } = this.options;
    const generation = await publisher.generations.current();
    // before the beat that names the newest root; also where nothing is published: a revoked replica is to learn of it
    await trust.deliver(bucket);
    await this.heartbeat.beat(
      generation?.state === 'live' ? generation : null,
      lease.epoch,
      publisher.currentAsOf,
    );
    if (generation?.state === 'live' && generation.id !== this.wentLive) {
      await onGenerationLive(generation.id);
      this.wentLive = generation.id;
    }
    if (outcome === 'published' && generation !== null) {
      lanePosition.set({ part: 'generation' }, generation.id);
      lanePosition.set({ part: 'n' }, generation.head);
      if (publisher.currentAsOf !== null)
        lagSeconds.observe((Date.now() - publisher.currentAsOf.getTime()) / 1000);
    }
    await this.report(outcome === 'published');
    await this.upkeep(outcome === 'paused');
  }

  private async report(isDue: boolean): Promise<void> {
    const now = Date.now();
    if (!isDue && now - this.statusWrittenAt < STATUS_EVERY_MS) return;
    this.statusWrittenAt = now;
    const { publisher, spool } = this.options;
    const generation = await publisher.generations.current();
    const types =
      generation === null ? [] : await publisher.batches.stateAfter(generation.id, generation.head);
    const { state, lastError } = this;
    const backlog = await this.status.write({
      ...{
        generation,
        state,
        types,
        lastError,
        asOf: publisher.currentAsOf,
        spoolBytes: await spool.bytes(),
      },
    });
    laneBacklog.set(backlog);
    await this.watch(now);
    const isTooLong = backlog > this.options.maxBacklog && now - this.coalescedAt >= COALESCE_EVERY_MS;
    if (!isTooLong || generation === null) return;
    this.coalescedAt = now;
    await coalesceChanges(this.options.db, generation);
  }

  /** Also while publishing fails: then it matters more, not less. */
  private async watch(now: number): Promise<void> {
    if (now - this.watchedAt < WATCH_EVERY_MS) return;
    this.watchedAt = now;
    await noteOpenTransactions(this.options.db);
    await noteReplicaLags(this.options.db);
  }

  private async upkeep(isPaused: boolean): Promise<void> {
    const now = Date.now();
    if (now - this.upkeepAt < UPKEEP_EVERY_MS) return;
    this.upkeepAt = now;
    const { db, publisher, log, trust } = this.options;
    const pruned = await forgetOldChanges(db);
    if (pruned > 0) log.debug({ event: 'changes.pruned', rows: pruned });
    const generation = await publisher.generations.current();
    if (generation !== null) await forgetOldBatches(db, generation);
    await forgetOldAccount(db);
    await forgetOldLags(db);
    if (!isPaused) await this.checkpoints.carry();
    // an upload that ended while a root was taken up may be sealed to those before
    await markStaleObjects(db, trust);
    // last, because what the bucket answers must not keep the database from being tidied
    const refused = await this.acks.collect();
    if (refused.length > 0) log.warn({ event: 'acks.refused', replicas: refused });
  }

  private async renew(): Promise<void> {
    // A large batch is recorded under the lease's row lock: one renewal may wait for it, not all connections.
    if (!this.options.lease.isHeld || this.isRenewing) return;
    this.isRenewing = true;
    await this.options.lease.confirm().catch((error: unknown) => this.note(error));
    this.isRenewing = false;
  }

  private waitAfter(outcome: TurnOutcome | 'standby', pollMs: number): number {
    if (outcome === 'standby') return Math.min(1_000, this.options.leaseMs / 3);
    if (outcome === 'published' || outcome === 'moved-on') {
      this.quietLooks = 0;
      return outcome === 'published' ? this.restOfPace() : 0;
    }
    this.quietLooks += 1;
    return lookPauseMs(this.quietLooks - 1, pollMs);
  }

  /**
   * The first change after a quiet moment leaves at once; of those that follow, each batch takes what has gathered. Made
   * as fast as possible, batches would be of one row each, cost three requests of the bucket apiece, and come faster than
   * a replica far from the bucket takes them.
   */
  private restOfPace(): number {
    return Math.max(0, (this.options.paceMs ?? 0) - (performance.now() - this.turnStartedAt));
  }

  private async waitAfterError(error: unknown): Promise<number> {
    if (this.stopping.signal.aborted) return 0;
    this.note(error);
    if (error instanceof LeaseLost) return 0;
    this.state = 'failing';
    this.failures += 1;
    await this.report(true).catch((failure: unknown) => this.note(failure));
    return retryPauseMs(this.failures, this.options.pollMs, MAX_BACKOFF_MS);
  }

  /** An error that goes on is logged when it begins and counted every time. */
  private note(thrown: unknown): void {
    const error = explain(thrown);
    // a bucket's own words name keys and answers, never data
    const isPlain = error instanceof ConnectorError || error instanceof BucketError;
    const code = isPlain ? error.code : errorCodeOf(error);
    laneErrors.inc({ code });
    if (this.lastError?.code !== code)
      this.options.log.error({ event: 'lane.failed', code, err: safeError(error) });
    const message = isPlain
      ? error.message
      : (databaseTrouble(code) ?? 'A service that the connector needs did not answer as it must.');
    this.lastError = { code, message, at: new Date().toISOString() };
  }
}

const STATES: Record<TurnOutcome, LaneState> = {
  published: 'publishing',
  'moved-on': 'publishing',
  idle: 'waiting',
  held: 'held',
  paused: 'paused',
  'no-policy': 'no-policy',
};
