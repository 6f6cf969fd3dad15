import type { Bucket } from '../../src/platform/bucket/index.js';
import { beatKey, signBeat } from '../../src/replication/format/index.js';
import type { Generation } from './generation.store.js';
import type { ConnectorTrust } from './trust.js';

/** A beat is good for so long, so that a few that are late alarm nobody. */
const SHORTEST_LIFE_MS = 60_000;
const LIFE_IN_INTERVALS = 4;

/** Tells replicas which manifest is the newest, and until when they may believe that. */
export class Heartbeat {
  private sentAt = 0;
  private sent = '';

  constructor(
    private readonly bucket: Bucket,
    private readonly trust: ConnectorTrust,
    private readonly everyMs: number,
  ) {}

  /** Sends one where a batch was published since the last, or the last is old. */
  async beat(generation: Generation | null, epoch: number, asOf: Date | null): Promise<void> {
    if (generation?.headDigest == null || asOf === null) return;
    const position = `${String(generation.id)}/${String(generation.head)}`;
    const now = Date.now();
    if (position === this.sent && now - this.sentAt < this.everyMs) return;
    const beat = signBeat(
      {
        format: 'holdfast-beat/1',
        tenant: this.trust.tenant,
        root: this.trust.chain.current.version,
        generation: generation.id,
        n: generation.head,
        manifest: generation.headDigest,
        epoch,
        asOf: asOf.toISOString(),
        createdAt: new Date(now).toISOString(),
        expires: new Date(now + Math.max(SHORTEST_LIFE_MS, LIFE_IN_INTERVALS * this.everyMs)).toISOString(),
      },
      this.trust.signer,
    );
    await this.bucket.put(beatKey, beat);
    this.sentAt = now;
    this.sent = position;
  }
}
