import type { Bucket } from '../../src/platform/bucket/index.js';
import { errorCodeOf, type Logger } from '../../src/platform/logging/index.js';
import type { BucketUse } from '../connector.tokens.js';
import { assertUsable } from './bucket-check.js';
import type { ManifestKeys } from './generation.store.js';
import { BucketUnsafe } from './publish.errors.js';
import type { ConnectorTrust } from './trust.js';

/** What was refused a moment ago is not asked again for every file. */
const ASK_AGAIN_MS = 30_000;

export interface AdmissionOptions {
  bucket: Bucket;
  trust: ConnectorTrust;
  /** as `bucket.purgeMayWait` says */
  purgeMayWait: boolean;
  log: Logger;
}

/**
 * Whether this process may touch the bucket. Asked by the publishing lane, and by every job that writes to the bucket or
 * removes from it: with an address that leads to somebody else's bucket, or to one that keeps what is deleted, nothing
 * may be done there, whoever holds the lease.
 */
export class BucketAdmission implements BucketUse {
  private asking: Promise<ManifestKeys> | null = null;
  private isAdmitted = false;
  private refusedAt = Number.NEGATIVE_INFINITY;
  private toldCode: string | null = null;

  constructor(private readonly options: AdmissionOptions) {}

  /**
   * Asks until the answer was yes once. Those who ask at the same time share one answer.
   * @returns how two publishers are told apart there: by the bucket's conditional write, or else by epochs in the keys
   * (docs/adr/0010)
   * @throws BucketObjected, BucketUnsafe, and the bucket's own errors
   */
  ask(): Promise<ManifestKeys> {
    this.asking ??= this.look().catch((error: unknown) => {
      this.asking = null;
      this.refusedAt = performance.now();
      throw error;
    });
    return this.asking;
  }

  /** For work that can wait, and is found again by its reconciler. */
  async isGiven(): Promise<boolean> {
    if (this.isAdmitted) return true;
    if (performance.now() - this.refusedAt < ASK_AGAIN_MS) return false;
    try {
      await this.ask();
      return true;
    } catch (error) {
      const code = errorCodeOf(error);
      if (code !== this.toldCode) this.options.log.warn({ event: 'bucket.not-admitted', code });
      this.toldCode = code;
      return false;
    }
  }

  private async look(): Promise<ManifestKeys> {
    const { bucket, trust, purgeMayWait, log } = this.options;
    await assertUsable(bucket, trust, purgeMayWait);
    const { conditionalPut, consistentList } = await bucket.probe();
    if (!conditionalPut && !consistentList) throw new BucketUnsafe();
    if (!conditionalPut) log.warn({ event: 'bucket.conditions-ignored', manifestKeys: 'epoch' });
    this.isAdmitted = true;
    return conditionalPut ? 'plain' : 'epoch';
  }
}
