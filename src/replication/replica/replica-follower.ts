// Keeps a replica's database at the newest state that the bucket can prove. Whatever is wrong with the bucket, the
// last good state stays in service: an error here is recorded and tried again, never passed on to readers.
import type { Readable } from 'node:stream';
import type { Pool } from 'pg';
import type { Bucket } from '../../platform/bucket/index.js';
import { databaseTrouble } from '../../platform/database/index.js';
import { errorCodeOf, type Logger } from '../../platform/logging/index.js';
import {
  assertFollows,
  comparePositions,
  FIRST_N,
  FormatError,
  formatPosition,
  type Beat,
  type PartEntry,
  type Position,
  type ReplicaKeyStore,
  type TrustChain,
} from '../format/index.js';
import { applyBatch } from './batch-applier.js';
import { asStream, ReadAhead, type AheadBatch } from './read-ahead.js';
import { RecipientKeys } from './recipient-keys.js';
import { isSameState, takeOver } from './take-over.js';
import { assertEnrolled } from './enrolled.js';
import { ReplicaAcks } from './replica-acks.js';
import { ReplicaBucket } from './replica-bucket.js';
import { ReplicaError } from './replica.errors.js';
import {
  readState,
  readWatch,
  writeConfirmed,
  writeLastError,
  writeSeen,
  type AppliedState,
  type LastError,
} from './replica-state.store.js';
import { loadTrust, refreshTrust } from './replica-trust.js';
import { VerifiedBucket, type FoundManifest } from './verified-bucket.js';

export interface FollowerSettings {
  /** as holdfast_replica_apply, without a statement time limit */
  pool: Pool;
  bucket: Bucket;
  keys: ReplicaKeyStore;
  keyFolder: string;
  tenant: string;
  name: string;
  /** a fresh replica accepts no bucket whose newest state is below it */
  floor: Position | null;
  log: Logger;
  now?: () => Date;
}

/** So long a beat is good for going on towards what it names. */
const BEAT_READ_MS = 1_000;

export type StepOutcome = 'applied' | 'idle' | 'failed';

export class ReplicaFollower {
  private readonly raw: ReplicaBucket;
  private readonly acks: ReplicaAcks;
  private readonly keys: RecipientKeys;
  private readonly ahead: ReadAhead;
  private lastRead: { beat: Beat; at: number } | null = null;
  private trust: TrustChain | null = null;
  private own: { name: string; key: string } | null = null;
  private recorded: LastError | null | undefined;

  constructor(private readonly settings: FollowerSettings) {
    this.raw = new ReplicaBucket(settings.bucket);
    this.keys = new RecipientKeys(settings);
    this.acks = new ReplicaAcks(settings, this.raw);
    this.ahead = new ReadAhead(settings.bucket);
  }

  /** One look at the bucket and at most one batch. Never throws; what went wrong stands in `lastError`. */
  async step(): Promise<StepOutcome> {
    try {
      const outcome = await this.advance();
      await this.record(null);
      return outcome;
    } catch (error) {
      this.settings.log.warn({ event: 'replica.refused', code: errorCodeOf(error), error });
      this.ahead.forget();
      this.lastRead = null;
      await this.record(error);
      return 'failed';
    }
  }

  private async advance(): Promise<'applied' | 'idle'> {
    const { pool, keys, bucket } = this.settings;
    const trust = (this.trust ??= await loadTrust(pool, this.settings.keyFolder, this.settings.tenant));
    const refresh = () => refreshTrust(pool, bucket, trust);
    const verified = new VerifiedBucket(this.raw, trust, refresh);
    const state = await readState(pool);
    await this.acks.writeInPassing(state, trust.current.version);
    const beat = await this.beat(verified, state);
    this.own ??= { name: this.settings.name, key: (await keys.signer()).publicKey };
    await assertEnrolled(trust, this.own, refresh);
    await this.assertNotRolledBack(state, beat);
    const next = await this.nextPosition(state, beat);
    const ahead = next === null ? null : await this.ahead.take(next);
    const found = next === null ? null : (ahead?.found ?? (await this.findNext(verified, next, beat, state)));
    if (next === null || found === null) {
      assertComplete(next, beat);
      await this.confirm(state, beat);
      await this.acks.write(state, trust.current.version);
      return 'idle';
    }
    this.ahead.begin(trust, found.manifest, beat);
    return (await this.apply(found, state, ahead)) ? 'applied' : 'idle';
  }

  /** While there is something to do that the last one named, it is not read anew for every batch. */
  private async beat(verified: VerifiedBucket, state: AppliedState | null): Promise<Beat | null> {
    const known = this.lastRead;
    const isOnItsWay = state?.generation === known?.beat.generation && (state?.n ?? 0) < (known?.beat.n ?? 0);
    if (known !== null && isOnItsWay && Date.now() - known.at < BEAT_READ_MS) return known.beat;
    const beat = await verified.beat();
    this.lastRead = beat === null ? null : { beat, at: Date.now() };
    return beat;
  }

  /**
   * A new generation may be the very state of a batch of the one before. Who has not come to that batch yet goes on along
   * the old generation as long as it is there, because its batches are smaller than a snapshot.
   */
  private async findNext(
    verified: VerifiedBucket,
    next: Position,
    beat: Beat | null,
    state: AppliedState | null,
  ): Promise<FoundManifest | null> {
    const found = await verified.manifest(next, beat);
    const equals = found?.manifest.equals ?? null;
    if (found === null || equals === null || equals.generation !== state?.generation || equals.n <= state.n)
      return found;
    const older = await verified.manifest({ generation: state.generation, n: state.n + 1 }, null);
    return older ?? found;
  }

  private async apply(
    { manifest, digest }: FoundManifest,
    state: AppliedState | null,
    ahead: AheadBatch | null,
  ): Promise<boolean> {
    const { pool, keys, log } = this.settings;
    if (manifest.kind === 'delta' && state !== null) assertFollows(manifest, state);
    if (state !== null && manifest.root < state.root) {
      throw new FormatError('format.chain_broken', 'manifest: its root is older than the last');
    }
    if (state !== null && isSameState(manifest, state)) {
      const isTaken = await takeOver(pool, manifest, digest, state);
      if (isTaken)
        log.info({ event: 'replica.rebased', generation: manifest.generation, asOf: manifest.asOf });
      await this.keys.afterApplying(manifest);
      return isTaken;
    }
    const identities = (await keys.recipients()).map(({ identity }) => identity);
    const keySeal = await keys.fileKeySeal();
    const startedAt = performance.now();
    const openPart = async (entry: PartEntry): Promise<Readable> => {
      const body = ahead?.parts.get(entry.name);
      return body === undefined ? this.raw.part(entry) : asStream(body);
    };
    const isApplied = await applyBatch(pool, { manifest, digest, identities, keySeal, openPart }, state);
    const rows = manifest.types.reduce((sum, type) => sum + type.upserts + type.deletes, 0);
    const { generation, n, kind, asOf } = manifest;
    const durationMs = Math.round(performance.now() - startedAt);
    if (isApplied) log.info({ event: 'replica.applied', generation, n, kind, rows, asOf, durationMs });
    // with a delta too: it may have taken away the last file that an older key was kept for
    if (isApplied) await this.keys.afterApplying(manifest);
    return isApplied;
  }

  /** The bucket may stand still, but never go back: neither below what was seen nor to another history. */
  private async assertNotRolledBack(state: AppliedState | null, beat: Beat | null): Promise<void> {
    if (beat === null) return;
    const { pool, floor } = this.settings;
    const { seen } = await readWatch(pool);
    if (comparePositions(beat, seen) < 0 && !(await this.isMerelyLate(beat, seen, state))) {
      throw new ReplicaError(
        'replica.rolled_back',
        `the bucket went back to ${formatPosition(beat)}; ${formatPosition(seen)} was seen before`,
      );
    }
    if (state === null && floor !== null && comparePositions(beat, floor) < 0) {
      throw new ReplicaError(
        'replica.rolled_back',
        `the bucket stands at ${formatPosition(beat)}, below the floor ${formatPosition(floor)}`,
      );
    }
    if (state !== null && comparePositions(beat, state) === 0 && beat.manifest !== state.digest) {
      throw new ReplicaError(
        'replica.forked',
        `the bucket holds another ${formatPosition(beat)} than the one applied here`,
      );
    }
    if (comparePositions(beat, seen) >= 0) await this.remember(beat);
  }

  /** The manifest is put before the beat, so for a moment the beat may lag behind what was applied from it. */
  private async isMerelyLate(beat: Beat, seen: Position, state: AppliedState | null): Promise<boolean> {
    const isApplied = state !== null && comparePositions(state, seen) === 0;
    return isApplied && beat.generation === seen.generation && (await this.raw.hasManifest(seen));
  }

  private lastBeat = '';

  private async remember(beat: Beat): Promise<void> {
    const spelled = `${formatPosition(beat)} ${beat.expires}`;
    if (spelled === this.lastBeat) return;
    await writeSeen(this.settings.pool, beat, beat.expires);
    this.lastBeat = spelled;
  }

  private async nextPosition(state: AppliedState | null, beat: Beat | null): Promise<Position | null> {
    const head = beat ?? (await this.headWithoutBeat(state));
    if (head === null) return null;
    if (state === null) return { generation: head.generation, n: FIRST_N };
    if (head.generation > state.generation) return { generation: head.generation, n: FIRST_N };
    // Also where the beat names nothing newer: the next manifest may be there just before its beat.
    return { generation: state.generation, n: state.n + 1 };
  }

  private async headWithoutBeat(state: AppliedState | null): Promise<Position | null> {
    const last = await this.raw.lastManifest();
    const { floor } = this.settings;
    if (state === null) {
      if (last !== null && floor !== null && comparePositions(last, floor) < 0) {
        throw new ReplicaError(
          'replica.rolled_back',
          `the bucket stands at ${formatPosition(last)}, below the floor ${formatPosition(floor)}`,
        );
      }
      return last;
    }
    if (last === null || comparePositions(last, state) < 0) {
      throw new ReplicaError(
        'replica.rolled_back',
        `the bucket no longer holds ${formatPosition(state)}, which was applied here`,
      );
    }
    return last;
  }

  private lastConfirmed = '';

  private async confirm(state: AppliedState | null, beat: Beat | null): Promise<void> {
    if (state === null || beat?.manifest !== state.digest || beat.asOf === this.lastConfirmed) return;
    await writeConfirmed(this.settings.pool, beat.asOf);
    this.lastConfirmed = beat.asOf;
  }

  private async record(error: unknown): Promise<void> {
    const entry = error === null ? null : describeError(error, this.settings.now?.() ?? new Date());
    // The time of the first failure is kept while the same failure lasts.
    if (
      this.recorded !== undefined &&
      entry?.code === this.recorded?.code &&
      entry?.message === this.recorded?.message
    )
      return;
    try {
      await writeLastError(this.settings.pool, entry);
      this.recorded = entry;
    } catch (failure) {
      this.settings.log.error({ event: 'replica.state_unwritable', code: errorCodeOf(failure) });
    }
  }
}

/** The beat's word is signed: where it names a manifest that is not there, the bucket has lost or hides it. */
function assertComplete(next: Position | null, beat: Beat | null): void {
  if (next === null || beat === null || comparePositions(next, beat) > 0) return;
  throw new ReplicaError(
    'replica.manifest_missing',
    `manifest ${formatPosition(next)} is missing, though the bucket is at ${formatPosition(beat)}`,
  );
}

/** In words for a status page: errors of this program say what is wrong, a driver's might quote data. */
function describeError(error: unknown, at: Date): LastError {
  const code = errorCodeOf(error);
  const isOwn = error instanceof Error && /^(format|replica|bucket)\./.test(code);
  const message = isOwn ? error.message : (databaseTrouble(code) ?? `a dependency failed with ${code}`);
  return { code, message, at: at.toISOString() };
}
