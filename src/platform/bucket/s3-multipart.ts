import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BucketUnavailable, ObjectNotFound, UploadNotFound } from './bucket.errors.js';
import type { MultipartInfo, PartTag, UploadedPart } from './bucket.port.js';
import { assertPartNumber, assertPartOrder } from './part-numbers.js';
import type { S3Call, S3Calls } from './s3-calls.js';
import { assertSafeKey, assertSafePrefix } from './safe-key.js';

/** Uploads in parts. An answer that lacks what S3 always says is taken for a broken one, not for an empty one. */
export class S3Multipart {
  constructor(
    private readonly client: S3Client,
    private readonly calls: S3Calls,
    private readonly place: { bucket: string; prefix: string },
  ) {}

  async create(key: string): Promise<string> {
    const target = this.target(key);
    const answer = await this.calls.run({ name: 'bucket.create-multipart', key }, (abortSignal) =>
      this.client.send(new CreateMultipartUploadCommand(target), { abortSignal }),
    );
    return present(answer.UploadId, 'upload id');
  }

  async put(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<{ etag: string }> {
    assertPartNumber(partNumber);
    const part = { ...this.target(key), UploadId: uploadId, PartNumber: partNumber };
    const answer = await this.run({ name: 'bucket.upload-part', key, bytes: body.length }, (abortSignal) =>
      this.client.send(new UploadPartCommand({ ...part, Body: body, ContentLength: body.length }), {
        abortSignal,
      }),
    );
    return { etag: present(answer.ETag, 'ETag') };
  }

  async parts(key: string, uploadId: string): Promise<UploadedPart[] | null> {
    const parts: UploadedPart[] = [];
    let marker: string | undefined;
    try {
      do {
        const page = await this.partsPage(key, uploadId, marker);
        for (const { PartNumber, Size, ETag } of page.Parts ?? [])
          parts.push({ partNumber: PartNumber ?? 0, bytes: Size ?? 0, etag: present(ETag, 'ETag') });
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
    } catch (error) {
      if (error instanceof UploadNotFound) return null;
      throw error;
    }
    return parts;
  }

  async complete(key: string, uploadId: string, parts: readonly PartTag[]): Promise<void> {
    assertPartOrder(parts);
    const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
    const command = { ...this.target(key), UploadId: uploadId, MultipartUpload: { Parts } };
    try {
      const answer = await this.run({ name: 'bucket.complete-multipart', key }, (abortSignal) =>
        this.client.send(new CompleteMultipartUploadCommand(command), { abortSignal }),
      );
      // not the ETag, which Ceph leaves empty here
      present(answer.Key, 'key');
    } catch (error) {
      // Ceph says 500 where the upload is unknown, as after a completion whose answer was lost
      const isGone = error instanceof BucketUnavailable && (await this.parts(key, uploadId)) === null;
      throw isGone ? new UploadNotFound(key) : error;
    }
  }

  async abort(key: string, uploadId: string): Promise<void> {
    const upload = { ...this.target(key), UploadId: uploadId };
    try {
      await this.run({ name: 'bucket.abort-multipart', key }, (abortSignal) =>
        this.client.send(new AbortMultipartUploadCommand(upload), { abortSignal }),
      );
    } catch (error) {
      if (!(error instanceof UploadNotFound)) throw error;
    }
  }

  async *list(prefix: string): AsyncIterable<MultipartInfo> {
    assertSafePrefix(prefix);
    let after: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (after !== null) {
      const page = await this.uploadsPage(prefix, after);
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        const key = present(Key, 'key').slice(this.place.prefix.length);
        yield { key, uploadId: present(UploadId, 'upload id'), initiatedAt: Initiated ?? new Date(0) };
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      after =
        IsTruncated === true && KeyMarker !== undefined
          ? { KeyMarker, ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }) }
          : null;
    }
  }

  private async partsPage(key: string, uploadId: string, marker: string | undefined) {
    const target = { ...this.target(key), UploadId: uploadId };
    const page = marker === undefined ? target : { ...target, PartNumberMarker: marker };
    const answer = await this.run({ name: 'bucket.list-parts', key }, (abortSignal) =>
      this.client.send(new ListPartsCommand(page), { abortSignal }),
    );
    present(answer.UploadId, 'upload id');
    return answer;
  }

  private async uploadsPage(prefix: string, after: { KeyMarker?: string; UploadIdMarker?: string }) {
    const { bucket: Bucket, prefix: root } = this.place;
    const answer = await this.calls.run({ name: 'bucket.list-multiparts', key: prefix }, (abortSignal) =>
      this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: root + prefix, ...after }), {
        abortSignal,
      }),
    );
    present(answer.Bucket, 'bucket');
    return answer;
  }

  /** For calls that name an upload. */
  private async run<T>(call: S3Call, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.calls.run(call, send);
    } catch (error) {
      throw ofUpload(error, call.key);
    }
  }

  private target(key: string): { Bucket: string; Key: string } {
    assertSafeKey(key);
    return { Bucket: this.place.bucket, Key: this.place.prefix + key };
  }
}

/** Ceph says NoSuchKey where it knows the upload not, or not of this key. */
function ofUpload(error: unknown, key: string): unknown {
  return error instanceof ObjectNotFound ? new UploadNotFound(key) : error;
}

function present(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new BucketUnavailable(`S3 answered without ${what}`);
  return value;
}
