import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BucketRefused } from './bucket.errors.js';
import type { BucketObjection } from './bucket.port.js';
import type { S3Calls } from './s3-calls.js';
import { statusOf } from './s3-errors.js';

const WHY = 'so a narrowed policy or an erasure would not take effect.';
const VERSIONS_ADVICE = `Deleted objects would stay in older versions, ${WHY} Use a bucket that never had versions, or set bucket.purgeMayWait where a lifecycle rule removes old versions soon.`;
const LOCK_ADVICE = `Deleted objects would stay until the lock lets them go, ${WHY} A lock cannot be taken from a bucket again: use one that was made without, or set bucket.purgeMayWait where that may be.`;

/**
 * What is answered for a bucket without a lock: 404 by most, something else by servers that know of no locks. A lock needs
 * versions, so where such an answer hides one, those tell.
 */
const NO_LOCK = [400, 404, 405, 501];

/** `unknown` where one may not ask */
export type Versioning = 'Enabled' | 'Suspended' | 'never' | 'unknown';

/** Whether a bucket keeps what is deleted: in older versions, or under a lock. */
export class S3Retention {
  constructor(
    private readonly client: S3Client,
    private readonly calls: S3Calls,
    private readonly place: { bucket: string; prefix: string },
  ) {}

  async versioning(): Promise<Versioning> {
    const answer = await this.unlessRefused((abortSignal) => this.askVersioning(abortSignal));
    return answer === null ? 'unknown' : (answer.Status ?? 'never');
  }

  /** The lock is told alone, since a bucket with one has versions too. @param status as {@link versioning} says */
  async objection(status: Versioning): Promise<BucketObjection | null> {
    const lock = await this.unlessRefused((abortSignal) => this.askLock(abortSignal));
    if (lock != null)
      return { code: 'bucket.locked', message: `The bucket locks objects (${lock}). ${LOCK_ADVICE}` };
    if (status === 'never' || status === 'unknown') return null;
    const code = 'bucket.versioned';
    if (status === 'Enabled') return { code, message: `The bucket keeps versions. ${VERSIONS_ADVICE}` };
    if (!(await this.hasOldVersions())) return null;
    return { code, message: `Versions are suspended, and older ones are still there. ${VERSIONS_ADVICE}` };
  }

  askVersioning(abortSignal: AbortSignal) {
    return this.client.send(new GetBucketVersioningCommand({ Bucket: this.place.bucket }), { abortSignal });
  }

  /** How long objects are locked that nobody locks himself, for a person; null where the bucket has no lock. */
  async askLock(abortSignal: AbortSignal): Promise<string | null> {
    try {
      const { ObjectLockConfiguration: lock } = await this.client.send(
        new GetObjectLockConfigurationCommand({ Bucket: this.place.bucket }),
        { abortSignal },
      );
      if (lock?.ObjectLockEnabled !== 'Enabled') return null;
      const { Mode, Days, Years } = lock.Rule?.DefaultRetention ?? {};
      if (Mode === undefined) return 'those that somebody locks';
      return `${Mode}, ${Years === undefined ? `${String(Days)} days` : `${String(Years)} years`}`;
    } catch (error) {
      if (NO_LOCK.includes(statusOf(error) ?? 0)) return null;
      throw error;
    }
  }

  private async hasOldVersions(): Promise<boolean> {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    for (let after: { KeyMarker?: string; VersionIdMarker?: string } | null = {}; after !== null;) {
      const command = new ListObjectVersionsCommand({ Bucket, Prefix, ...after });
      const page: ListObjectVersionsCommandOutput = await this.calls.run(
        { name: 'bucket.inspect', key: '' },
        (abortSignal) => this.client.send(command, { abortSignal }),
      );
      if ((page.Versions ?? []).some(({ IsLatest }) => IsLatest === false)) return true;
      const { IsTruncated, NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      after =
        IsTruncated === true && KeyMarker !== undefined
          ? { KeyMarker, ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }) }
          : null;
    }
    return false;
  }

  /** null also where the right is missing, which is told with the others. */
  private async unlessRefused<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    try {
      return await this.calls.run({ name: 'bucket.inspect', key: '' }, ask);
    } catch (error) {
      if (error instanceof BucketRefused && error.code === 'bucket.access_denied') return null;
      throw error;
    }
  }
}
