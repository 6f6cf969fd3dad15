import { BucketUnavailable, ObjectNotFound, type Bucket } from '../../src/platform/bucket/index.js';
import {
  LIMITS,
  manifestGenerationEnd,
  manifestKey,
  manifestPlacePrefix,
  manifestPrefix,
  parseManifestKey,
} from '../../src/replication/format/index.js';
import type { ManifestKeys } from './generation.store.js';

interface Place {
  generation: number;
  n: number;
}

interface NamedManifest extends Place {
  epoch: number;
  manifest: Buffer;
}

/**
 * The manifests in the bucket, named in one of two forms. In the plain form the bucket lets one writer of a place win.
 * With epochs in the keys each publisher has a key of its own, nothing is ever replaced, and a listing tells whether
 * somebody else was at the same place.
 */
export class ManifestShelf {
  constructor(private readonly bucket: Bucket) {}

  /**
   * Puts a manifest, once: a write that tries again on its own could land when a narrower policy is in force. An answer
   * that is lost leaves open whether it landed; then the bucket is asked.
   * @returns what stands at the place instead, null where it is this one
   */
  async put(batch: NamedManifest, form: ManifestKeys): Promise<Buffer | null> {
    const key = keyOf(batch, form);
    try {
      const { created } = await this.bucket.put(key, batch.manifest, { ifNoneMatch: true, attempts: 1 });
      if (created) return await this.other(batch, form);
    } catch (error) {
      if (!(error instanceof BucketUnavailable)) throw error;
      const landed = await this.read(key);
      if (landed === null) throw error;
    }
    const standing = await this.standing(batch, form);
    if (standing === null) throw new BucketUnavailable('the manifest was there and is gone');
    return standing.equals(batch.manifest) ? null : standing;
  }

  /** What stands where this batch belongs: the batch itself, something else, or nothing. */
  async standing(batch: NamedManifest, form: ManifestKeys): Promise<Buffer | null> {
    return (await this.other(batch, form)) ?? (await this.read(keyOf(batch, form)));
  }

  async holds({ generation, n }: Place, form: ManifestKeys): Promise<boolean> {
    if (form === 'plain') return (await this.bucket.head(manifestKey(generation, n))) !== null;
    return (await this.firstAt({ generation, n })) !== null;
  }

  /** A manifest that this publisher did not expect: at the next place, or of a later generation. */
  async beyond({ generation, n }: Place, form: ManifestKeys): Promise<Buffer | null> {
    const next = { generation, n: n + 1 };
    const [following, later] = await Promise.all([
      form === 'plain' ? this.read(manifestKey(generation, n + 1)) : this.firstAt(next),
      this.firstOf(manifestPrefix(), { startAfter: manifestGenerationEnd(generation) }),
    ]);
    return following ?? later;
  }

  /** The highest generation that any manifest belongs to, 0 where there is none. */
  async highestGeneration(): Promise<number> {
    let highest = 0;
    for await (const { key } of this.bucket.list(manifestPrefix())) {
      highest = Math.max(highest, parseManifestKey(key)?.generation ?? 0);
    }
    return highest;
  }

  /**
   * With epochs in the keys: whoever else put a manifest at this place before ours is in the listing. One that comes
   * later has a lower epoch, and no reader takes it.
   */
  private async other(batch: NamedManifest, form: ManifestKeys): Promise<Buffer | null> {
    if (form === 'plain') return null;
    const own = keyOf(batch, form);
    for await (const { key } of this.bucket.list(manifestPlacePrefix(batch.generation, batch.n))) {
      const bytes = key === own ? null : await this.read(key);
      if (bytes !== null) return bytes;
    }
    return null;
  }

  private firstAt({ generation, n }: Place): Promise<Buffer | null> {
    return this.firstOf(manifestPlacePrefix(generation, n), {});
  }

  private async firstOf(prefix: string, options: { startAfter?: string }): Promise<Buffer | null> {
    for await (const { key } of this.bucket.list(prefix, options)) {
      const bytes = await this.read(key);
      if (bytes !== null) return bytes;
    }
    return null;
  }

  private async read(key: string): Promise<Buffer | null> {
    try {
      return await this.bucket.get(key, { maxBytes: LIMITS.maxManifestBytes });
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }
}

function keyOf({ generation, n, epoch }: NamedManifest, form: ManifestKeys): string {
  return form === 'plain' ? manifestKey(generation, n) : manifestKey(generation, n, epoch);
}
