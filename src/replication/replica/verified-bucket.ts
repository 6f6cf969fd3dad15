import {
  comparePositions,
  digestOf,
  FIRST_N,
  FormatError,
  formatPosition,
  verifyBeat,
  verifyManifest,
  type Beat,
  type Manifest,
  type Position,
  type TrustChain,
} from '../format/index.js';
import type { ReplicaBucket, StandingManifest } from './replica-bucket.js';
import { ReplicaError } from './replica.errors.js';

export interface FoundManifest {
  manifest: Manifest;
  digest: string;
}

/** Beat and manifests whose signatures were checked, following newer roots where one is needed. */
export class VerifiedBucket {
  constructor(
    private readonly raw: ReplicaBucket,
    private readonly trust: TrustChain,
    private readonly refresh: () => Promise<boolean>,
  ) {}

  async beat(): Promise<Beat | null> {
    const bytes = await this.raw.beat();
    if (bytes === null) return null;
    return this.withNewestRoot(() => verifyBeat(bytes, this.trust, { tenant: this.trust.current.tenant }));
  }

  /**
   * Where keys carry epochs, the highest signed one counts: an unsigned object is passed over, not believed and not
   * fatal, but a signed one that cannot be read is never replaced by a lower one.
   * @param head the beat, by which a manifest that a retired key signed can still be vouched for
   */
  async manifest(position: Position, head: Beat | null): Promise<FoundManifest | null> {
    const isOwed = head === null || comparePositions(position, head) <= 0;
    let refused: Error | null = null;
    for await (const standing of this.raw.manifests(position, isOwed)) {
      try {
        return await this.judge(standing, position, head);
      } catch (error) {
        if (standing.epoch === null || !isUnsigned(error)) throw error;
        refused ??= error;
      }
    }
    if (refused !== null) throw refused;
    return null;
  }

  private async judge(
    { bytes, epoch }: StandingManifest,
    position: Position,
    head: Beat | null,
  ): Promise<FoundManifest> {
    const tenant = this.trust.current.tenant;
    const manifest = await this.withNewestRoot(async () => {
      try {
        return verifyManifest(bytes, this.trust, { tenant });
      } catch (error) {
        const anchor = isBadSignature(error) && head !== null ? await this.anchorOf(position, head) : null;
        if (anchor === null) throw error;
        return verifyManifest(bytes, this.trust, { tenant, anchor });
      }
    });
    if (comparePositions(manifest, position) !== 0 || (epoch !== null && manifest.epoch !== epoch)) {
      throw new FormatError('format.out_of_place', `manifest: expected ${formatPosition(position)}`);
    }
    return { manifest, digest: digestOf(bytes) };
  }

  /** Walks back from the head that a current key signed to the digest that a manifest must have. */
  private async anchorOf(position: Position, head: Beat): Promise<string | null> {
    if (head.generation !== position.generation || head.n < position.n) return null;
    let anchor = head.manifest;
    for (let n = head.n; n > position.n && n > FIRST_N; n -= 1) {
      const bytes = await this.withDigest({ generation: head.generation, n }, anchor);
      if (bytes === null)
        throw new ReplicaError('replica.manifest_missing', `manifest ${String(n)} is missing`);
      const { previous } = verifyManifest(bytes, this.trust, { tenant: this.trust.current.tenant, anchor });
      if (previous === null) return null;
      anchor = previous;
    }
    return anchor;
  }

  /** Of several under one place the one that the next continues; of a single one its digest is judged later. */
  private async withDigest(position: Position, digest: string): Promise<Buffer | null> {
    for await (const { bytes, epoch } of this.raw.manifests(position, true))
      if (epoch === null || digestOf(bytes) === digest) return bytes;
    return null;
  }

  /** A signature by an unknown key may only mean that a root is newer than ours: look once, then judge. */
  private async withNewestRoot<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const mayHelp =
        isBadSignature(error) || (error instanceof FormatError && error.code === 'format.key_missing');
      if (!mayHelp || !(await this.refresh())) throw error;
      return await work();
    }
  }
}

function isBadSignature(error: unknown): boolean {
  return error instanceof FormatError && error.code === 'format.signature_invalid';
}

/** Nothing that this tenant ever signed, whatever it is. */
function isUnsigned(error: unknown): error is FormatError {
  return error instanceof FormatError && (isBadSignature(error) || error.code === 'format.malformed');
}
