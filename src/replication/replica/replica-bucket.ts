import type { Readable } from 'node:stream';
import { ObjectNotFound, type Bucket } from '../../platform/bucket/index.js';
import { timedExternalCall } from '../../platform/metrics/index.js';
import {
  ackKey,
  beatKey,
  LIMITS,
  manifestKey,
  manifestPrefix,
  type PartEntry,
  type Position,
} from '../format/index.js';

const TIMEOUT_MS = 30_000;

/** What a replica reads from and writes to the bucket; bytes only, nothing here is believed. */
export class ReplicaBucket {
  constructor(readonly bucket: Bucket) {}

  beat(): Promise<Buffer | null> {
    return this.getOrNull(beatKey, LIMITS.maxSmallObjectBytes);
  }

  manifest({ generation, n }: Position): Promise<Buffer | null> {
    return this.getOrNull(manifestKey(generation, n), LIMITS.maxManifestBytes);
  }

  async hasManifest({ generation, n }: Position): Promise<boolean> {
    const info = await this.call('bucket.head', () => this.bucket.head(manifestKey(generation, n)));
    return info !== null;
  }

  /** The last manifest by name; only where there is no beat to say which it is. */
  async lastManifest(): Promise<Position | null> {
    let last: Position | null = null;
    for await (const { key } of this.bucket.list(manifestPrefix())) {
      const match = /^m\/(\d{8})\/(\d{10})\.json$/.exec(key);
      if (match !== null) last = { generation: Number(match[1]), n: Number(match[2]) };
    }
    return last;
  }

  part(entry: PartEntry): Promise<Readable> {
    return this.call('bucket.stream', () => this.bucket.stream(entry.name));
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
