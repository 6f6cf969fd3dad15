import type { Readable } from 'node:stream';
import { ObjectNotFound, type Bucket } from '../../platform/bucket/index.js';
import { timedExternalCall } from '../../platform/metrics/index.js';
import {
  ackKey,
  beatKey,
  LIMITS,
  manifestKey,
  manifestPlacePrefix,
  manifestPrefix,
  parseManifestKey,
  type PartEntry,
  type Position,
} from '../format/index.js';

const TIMEOUT_MS = 30_000;
/** A place has one or two; whoever can write into the bucket must not make us read without end. */
const MAX_EPOCHS_OF_ONE_PLACE = 64;

export interface StandingManifest {
  bytes: Buffer;
  /** as its key says; null in the plain form */
  epoch: number | null;
}

/** What a replica reads from and writes to the bucket; bytes only, nothing here is believed. */
export class ReplicaBucket {
  constructor(readonly bucket: Bucket) {}

  beat(): Promise<Buffer | null> {
    return this.getOrNull(beatKey, LIMITS.maxSmallObjectBytes);
  }

  /**
   * What stands at this place: the object with the plain key, or those with an epoch in their keys, highest first.
   * @param isOwed whether something must be there; else the listing is spared, and nothing is found of the second form
   */
  async *manifests({ generation, n }: Position, isOwed: boolean): AsyncIterable<StandingManifest> {
    const plain = await this.getOrNull(manifestKey(generation, n), LIMITS.maxManifestBytes);
    if (plain !== null) yield { bytes: plain, epoch: null };
    if (plain !== null || !isOwed) return;
    for (const { key, epoch } of (await this.withEpochs({ generation, n })).reverse()) {
      const bytes = await this.getOrNull(key, LIMITS.maxManifestBytes);
      if (bytes !== null) yield { bytes, epoch };
    }
  }

  async hasManifest({ generation, n }: Position): Promise<boolean> {
    const info = await this.call('bucket.head', () => this.bucket.head(manifestKey(generation, n)));
    return info !== null || (await this.withEpochs({ generation, n })).length > 0;
  }

  private withEpochs({ generation, n }: Position): Promise<{ key: string; epoch: number }[]> {
    return this.call('bucket.list', async () => {
      const found: { key: string; epoch: number }[] = [];
      for await (const { key } of this.bucket.list(`${manifestPlacePrefix(generation, n)}-e`)) {
        const epoch = parseManifestKey(key)?.epoch ?? null;
        if (epoch !== null) found.push({ key, epoch });
        if (found.length >= MAX_EPOCHS_OF_ONE_PLACE) break;
      }
      return found;
    });
  }

  /** The last manifest by name; only where there is no beat to say which it is. */
  async lastManifest(): Promise<Position | null> {
    let last: Position | null = null;
    for await (const { key } of this.bucket.list(manifestPrefix())) {
      const place = parseManifestKey(key);
      if (place !== null) last = { generation: place.generation, n: place.n };
    }
    return last;
  }

  part(entry: PartEntry): Promise<Readable> {
    return this.call('bucket.stream', () => this.bucket.stream(entry.name));
  }

  /** All of a part at once; longer than its manifest says is an error. */
  smallPart(entry: PartEntry): Promise<Buffer> {
    return this.call('bucket.get', () => this.bucket.get(entry.name, { maxBytes: entry.bytes }));
  }

  async putAck(replica: string, body: Buffer): Promise<void> {
    await this.call('bucket.put', () => this.bucket.put(ackKey(replica), body));
  }

  private async getOrNull(key: string, maxBytes: number): Promise<Buffer | null> {
    try {
      return await this.call('bucket.get', () => this.bucket.get(key, { maxBytes }));
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }

  private call<T>(name: string, work: () => Promise<T>): Promise<T> {
    return timedExternalCall(name, work, { timeoutMs: TIMEOUT_MS });
  }
}
