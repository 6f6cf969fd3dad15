import type { ObjectInfo } from '../../platform/bucket/index.js';
import {
  assertFollows,
  comparePositions,
  FIRST_N,
  formatPosition,
  manifestKey,
  parsePartKey,
  type ChainLink,
  type Manifest,
} from '../format/index.js';
import { AttachmentLedger } from './attachment-ledger.js';
import { BatchObjects } from './batch-objects.js';
import { checkInFlight } from './in-flight.js';
import { GRACE_MS, type Look } from './look.js';
import { PartCursor } from './part-cursor.js';
import { comparePremises } from './premises-check.js';
import type { RowState } from './row-state.js';
import { standingManifests, type StandingManifest } from './standing-manifests.js';
import { TaskPool } from './task-pool.js';

/** Objects read at once; on S3 most of the time is spent waiting. */
const AT_ONCE = 8;

export interface GenerationOutcome {
  generation: number;
  /** its snapshot */
  first: Pick<Manifest, 'root' | 'createdAt' | 'equals' | 'types'> | null;
  /** last manifest of an unbroken row */
  head: (ChainLink & Pick<Manifest, 'asOf' | 'types'>) | null;
  ledger: AttachmentLedger;
  rows: RowState | null;
}

/** A generation from its first manifest to its last, with everything that these name under `d/`. */
export class GenerationCheck {
  private readonly pool = new TaskPool(AT_ONCE);
  private readonly ledger = new AttachmentLedger();
  private readonly objects: BatchObjects;
  private readonly cursor: PartCursor;
  private first: GenerationOutcome['first'] = null;
  private head: GenerationOutcome['head'] = null;
  /** null: there is nothing before, or it is not to be believed */
  private link: ChainLink | null = null;
  private expectedN = FIRST_N;
  private unvouched: string[] = [];

  /**
   * @param isOld below the generation that the beat names: nobody reads it, and it should be gone
   * @param oldSince since when that is so, null where it is not known
   */
  constructor(
    private readonly look: Look,
    private readonly generation: number,
    private readonly isOld: boolean,
    private readonly oldSince: Date | null = null,
  ) {
    this.objects = new BatchObjects(look, this.pool, this.ledger, !isOld);
    this.cursor = new PartCursor(look, generation);
  }

  async run(): Promise<GenerationOutcome> {
    try {
      for await (const standing of standingManifests(this.look, this.generation)) await this.take(standing);
      this.expectManifestsUntil(this.owedHead());
      this.reportUnvouched();
      await this.cursor.rest((info) => this.unnamed(info));
      await this.pool.end();
    } finally {
      await this.pool.settle();
    }
    const { generation, first, head, ledger } = this;
    return { generation, first, head, ledger, rows: this.objects.state };
  }

  private async take({ n, key, manifest, digest, isByRetiredKey }: StandingManifest): Promise<void> {
    this.expectManifestsUntil(n - 1);
    this.expectedN = n + 1;
    if (this.isOld) this.shouldBeGone(key);
    const listed = await this.cursor.take(n, (info) => this.unnamed(info));
    if (manifest === null) {
      this.break();
      for (const info of listed.values()) await this.unnamed(info);
      return;
    }
    this.checkPlaceInChain(key, manifest, digest);
    this.vouch(key, digest, isByRetiredKey);
    this.checkAcks(manifest, digest);
    if (!this.isOld) await comparePremises(this.look, key, manifest, digest);
    await this.objects.check(key, manifest, listed);
    const named = new Set([...manifest.parts, ...manifest.attachments.lists].map(({ name }) => name));
    for (const info of listed.values()) {
      if (!named.has(info.key)) await this.unnamed(info);
      else if (this.isOld) this.shouldBeGone(info.key);
    }
  }

  private checkPlaceInChain(key: string, manifest: Manifest, digest: string): void {
    const { findings, beat } = this.look;
    try {
      if (this.link !== null) assertFollows(manifest, this.link);
    } catch (error) {
      findings.refuse(key, error);
      this.objects.lose();
    }
    if (beat !== null && comparePositions(manifest, beat) === 0 && beat.manifest !== digest)
      findings.add('error', 'format.chain_broken', key, 'the beat names another manifest for this place');
    const { generation, n, epoch, root, policy, asOf, types } = manifest;
    this.link = { generation, n, epoch, root, policy, digest };
    this.head = { ...this.link, asOf, types };
    if (n === FIRST_N) this.first = manifest;
  }

  /** A retired key's word stands where a later manifest by a key that counts, or the beat, continues it. */
  private vouch(key: string, digest: string, isByRetiredKey: boolean): void {
    const { beat } = this.look;
    if (!isByRetiredKey || beat?.manifest === digest) this.unvouched = [];
    else this.unvouched.push(key);
  }

  private reportUnvouched(): void {
    for (const key of this.isOld ? [] : this.unvouched)
      this.look.findings.add(
        'error',
        'format.signature_invalid',
        key,
        'signed by a key that was retired, and nothing that a key in force signed continues it',
      );
    this.unvouched = [];
  }

  private checkAcks(manifest: Manifest, digest: string): void {
    for (const ack of this.look.acks) {
      if (comparePositions(ack, manifest) !== 0 || ack.manifest === digest) continue;
      const message = `the replica applied another manifest as ${formatPosition(manifest)}`;
      this.look.findings.add('error', 'verify.ack_differs', ack.key, message);
    }
  }

  /** Nothing is said of a generation that is on its way out: its manifests go first. */
  private expectManifestsUntil(n: number): void {
    const first = this.expectedN;
    if (n < first) return;
    this.expectedN = n + 1;
    this.break();
    if (this.isOld) return;
    const more = n > first ? ` and so are those up to ${String(n)}` : '';
    const message = `this manifest is missing${more}`;
    this.look.findings.add('error', 'verify.missing', manifestKey(this.generation, first), message);
  }

  private owedHead(): number {
    const { beat } = this.look;
    return beat?.generation === this.generation ? beat.n : 0;
  }

  private break(): void {
    this.reportUnvouched();
    this.link = null;
    this.head = null;
    this.objects.lose();
  }

  private shouldBeGone(key: string): void {
    const { now, findings } = this.look;
    const isBeingRemoved = this.oldSince !== null && now.getTime() - this.oldSince.getTime() < GRACE_MS;
    findings.add(
      isBeingRemoved ? 'notice' : 'warning',
      'verify.should_be_gone',
      key,
      'of a generation below the one that the beat names',
    );
  }

  private async unnamed(info: ObjectInfo): Promise<void> {
    const n = parsePartKey(info.key)?.n ?? 0;
    if (this.isOld) this.shouldBeGone(info.key);
    else if (n >= this.expectedN) await checkInFlight(this.look, info);
    else
      this.look.findings.add(
        'warning',
        'verify.left_over',
        info.key,
        'no manifest names it: left by a batch that was given up, or put there by somebody else',
      );
  }
}
