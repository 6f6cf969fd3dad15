import { Readable } from 'node:stream';
import type { Bucket } from '../../platform/bucket/index.js';
import {
  formatPosition,
  type Beat,
  type PartEntry,
  type Position,
  type TrustChain,
} from '../format/index.js';
import { ReplicaBucket } from './replica-bucket.js';
import { VerifiedBucket, type FoundManifest } from './verified-bucket.js';

/** A batch whose objects were fetched before its turn. */
export interface AheadBatch {
  found: FoundManifest;
  parts: ReadonlyMap<string, Buffer>;
}

/** How many batches are fetched beside the one that is applied. */
const DEPTH = 4;
/** A larger batch takes longer to apply than to fetch, and is read as a stream. */
const MOST_BYTES = 1024 * 1024;

/**
 * Fetches the next small batches while one is applied. Whoever publishes is next to the database and the bucket may be
 * far from here: a replica that waits for three answers between two batches falls behind for as long as people work. What
 * is fetched is verified like anything else; what fails or is not there counts as not looked for, and is asked for again
 * when its turn comes.
 */
export class ReadAhead {
  private readonly raw: ReplicaBucket;
  private readonly batches = new Map<string, Promise<AheadBatch | null>>();

  constructor(bucket: Bucket) {
    this.raw = new ReplicaBucket(bucket);
  }

  /**
   * Begins to fetch what follows `after`, up to one beyond the head that the beat names: the manifest is put before the
   * beat, and where batches come thick and fast it is there by its turn.
   */
  begin(trust: TrustChain, after: Position, beat: Beat | null): void {
    if (beat?.generation !== after.generation) return;
    // a root that is needed and not here yet is fetched by whoever takes the batch in hand
    const verified = new VerifiedBucket(this.raw, trust, () => Promise.resolve(false));
    const last = Math.min(after.n + DEPTH, beat.n + 1);
    for (let n = after.n + 1; n <= last; n += 1) {
      const position = { generation: after.generation, n };
      const key = formatPosition(position);
      if (!this.batches.has(key)) this.batches.set(key, this.fetch(verified, position, beat));
    }
  }

  /** What was fetched of this place, null where nothing was; everything else that waits goes on waiting. */
  async take(position: Position): Promise<AheadBatch | null> {
    const key = formatPosition(position);
    const batch = this.batches.get(key);
    if (batch === undefined) {
      // another place than the next one: what waits here belongs to a way that was left
      this.forget();
      return null;
    }
    this.batches.delete(key);
    return batch;
  }

  forget(): void {
    this.batches.clear();
  }

  private async fetch(verified: VerifiedBucket, position: Position, beat: Beat): Promise<AheadBatch | null> {
    try {
      const found = await verified.manifest(position, beat);
      // a snapshot may be taken over or passed by: that is decided when its turn comes
      if (found?.manifest.kind !== 'delta') return null;
      return { found, parts: await this.parts(found.manifest.parts) };
    } catch {
      return null;
    }
  }

  private async parts(entries: readonly PartEntry[]): Promise<Map<string, Buffer>> {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    if (bytes > MOST_BYTES) return new Map();
    const fetched = await Promise.all(
      entries.map(async (entry) => [entry.name, await this.raw.smallPart(entry)] as const),
    );
    return new Map(fetched);
  }
}

/** As a part comes from the bucket. */
export const asStream = (body: Buffer): Readable => Readable.from([body]);
