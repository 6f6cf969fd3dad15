import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  AbortMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BucketRefused } from './bucket.errors.js';
import type { BucketObjection, InspectOptions } from './bucket.port.js';
import type { S3Calls } from './s3-calls.js';
import type { S3Clock } from './s3-clock.js';
import { S3Retention } from './s3-retention.js';

interface Permission {
  action: string;
  /** what does not work without it */
  without: string;
  ask: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Looks at a bucket without writing to it. Each permission is tried with a request that S3 refuses for its rights
 * before it finds that there is nothing to do: a part of an upload that does not exist, an object nobody has.
 */
export class S3Inspection {
  /** Ceph says of an object that is not there that it is not there, whatever one may read; so one that is, is asked for. */
  private someKey: string | null = null;
  private readonly retention: S3Retention;

  constructor(
    private readonly client: S3Client,
    private readonly calls: S3Calls,
    private readonly clock: S3Clock,
    private readonly place: { bucket: string; prefix: string },
  ) {
    this.retention = new S3Retention(client, calls, place);
  }

  async objections({ purgeMayWait }: InspectOptions): Promise<BucketObjection[]> {
    const first = await this.reach();
    if (first !== null) return [first];
    const listing = await this.missing([this.listing()]);
    // without it S3 answers 403 for what is not there, and nothing else can be told
    if (listing.length > 0) return listing;
    const status = await this.retention.versioning();
    const keeps = purgeMayWait ? null : await this.retention.objection(status);
    // where versions are kept, or may be, even the delete of nothing leaves a marker
    const writing = this.writing().filter(({ action }) => status === 'never' || action !== 's3:DeleteObject');
    const missing = await this.missing([...this.reading(), ...writing]);
    return [...(keeps === null ? [] : [keeps]), ...missing];
  }

  /** Whether the bucket is there at all, is this one, and believes our clock and keys. */
  private async reach(): Promise<BucketObjection | null> {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    try {
      const page = await this.calls.run({ name: 'bucket.list', key: '' }, (abortSignal) =>
        this.client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal }),
      );
      this.someKey = page.Contents?.[0]?.Key ?? null;
    } catch (error) {
      const late = this.clock.objection();
      if (late !== null) return { code: 'bucket.clock_skewed', message: late };
      if (!(error instanceof BucketRefused)) throw error;
      // what else is missing is told by the other questions
      if (error.code !== 'bucket.access_denied') return { code: error.code, message: explained(error) };
    }
    const late = this.clock.objection();
    return late === null ? null : { code: 'bucket.clock_skewed', message: late };
  }

  private async missing(permissions: Permission[]): Promise<BucketObjection[]> {
    const missing: BucketObjection[] = [];
    for (const permission of permissions) {
      if (await this.isGranted(permission)) continue;
      const { action, without } = permission;
      missing.push({
        code: 'bucket.permission_missing',
        message: `The permission ${action} is missing: ${without}. Grant it to these credentials; docs/bucket.md has the whole policy.`,
      });
    }
    return missing;
  }

  private async isGranted({ ask }: Permission): Promise<boolean> {
    try {
      await this.calls.run({ name: 'bucket.inspect', key: '' }, ask);
      return true;
    } catch (error) {
      // any other answer (no such upload, no such object) comes from behind the door
      return !(error instanceof BucketRefused && error.code === 'bucket.access_denied');
    }
  }

  private listing(): Permission {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    const { client } = this;
    return {
      action: 's3:ListBucket',
      without:
        'what the bucket holds cannot be seen, nor whether other permissions are missing, so nothing can be published',
      ask: (abortSignal) =>
        client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal }),
    };
  }

  private reading(): Permission[] {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    const { client } = this;
    return [
      {
        action: 's3:GetObject',
        without: 'roots of trust, acknowledgements and our own manifests cannot be read',
        ask: (abortSignal) =>
          client.send(new HeadObjectCommand({ Bucket, Key: this.someKey ?? this.nobodysKey() }), {
            abortSignal,
          }),
      },
      {
        action: 's3:GetBucketVersioning',
        without: 'it cannot be told whether deleted objects are really gone',
        ask: (abortSignal) => this.retention.askVersioning(abortSignal),
      },
      {
        action: 's3:GetBucketObjectLockConfiguration',
        without: 'it cannot be told whether objects are locked against being deleted',
        ask: (abortSignal) => this.retention.askLock(abortSignal),
      },
      {
        action: 's3:ListBucketMultipartUploads',
        without: 'given-up uploads of files could not be found',
        ask: (abortSignal) =>
          client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }), { abortSignal }),
      },
    ];
  }

  private writing(): Permission[] {
    const { bucket: Bucket } = this.place;
    const Key = this.nobodysKey();
    const upload = { Bucket, Key, UploadId: '2~holdfast-asks-for-its-rights' };
    const { client } = this;
    return [
      {
        action: 's3:PutObject',
        without: 'nothing can be published',
        ask: (abortSignal) =>
          client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: Buffer.from('x') }), {
            abortSignal,
          }),
      },
      {
        action: 's3:DeleteObject',
        without: 'what a narrowed policy or an erasure takes back could not be removed',
        ask: (abortSignal) => client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }),
      },
      {
        action: 's3:AbortMultipartUpload',
        without: 'given-up uploads of files would stay in the bucket, unseen and paid for',
        ask: (abortSignal) => client.send(new AbortMultipartUploadCommand(upload), { abortSignal }),
      },
      {
        action: 's3:ListMultipartUploadParts',
        without: 'an upload of a file could not be gone on with after a restart',
        ask: (abortSignal) => client.send(new ListPartsCommand(upload), { abortSignal }),
      },
    ];
  }

  private nobodysKey(): string {
    return `${this.place.prefix}probe/${randomBytes(16).toString('hex')}`;
  }
}

const ADVICE: Record<string, string> = {
  'bucket.missing': 'Create it, or correct bucket.url.',
  'bucket.wrong_region': 'Correct bucket.region, or bucket.endpoint where the store is not AWS.',
  'bucket.credentials_refused': 'Correct bucket.accessKeyId and bucket.secretAccessKey.',
  'bucket.credentials_expired': 'Give new ones, or use the role of the machine.',
};

function explained({ code, message }: BucketRefused): string {
  return `${message}. ${ADVICE[code] ?? ''}`.trim();
}
