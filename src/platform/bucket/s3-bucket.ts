import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BucketRefused, BucketUnavailable, ObjectNotFound, ObjectTooLarge } from './bucket.errors.js';
import {
  DEFAULT_MAX_GET_BYTES,
  type Bucket,
  type BucketAbilities,
  type BucketObjection,
  type ByteRange,
  type GetOptions,
  type InspectOptions,
  type MultipartInfo,
  type ObjectInfo,
  type PartTag,
  type PutOptions,
  type UploadedPart,
} from './bucket.port.js';
import { probeConditionalPut } from './conditional-put.probe.js';
import { probeListing } from './listing.probe.js';
import { S3Calls } from './s3-calls.js';
import { makeS3Client, type S3Options } from './s3-client.js';
import { statusOf, translate } from './s3-errors.js';
import { S3Clock } from './s3-clock.js';
import { S3Inspection } from './s3-inspection.js';
import { S3Multipart } from './s3-multipart.js';
import { assertSafeKey, assertSafePrefix } from './safe-key.js';
import { wholeBody } from './whole-body.js';

const DELETE_BATCH = 1000;

/** S3 behind the same port. What differs between servers stands in docs; each difference is commented where it bites. */
export class S3Bucket implements Bucket {
  readonly url: string;
  private readonly client: S3Client;
  private readonly calls: S3Calls;
  private readonly uploads: S3Multipart;
  private readonly inspection: S3Inspection;

  constructor(
    private readonly bucket: string,
    private readonly prefix: string,
    options: S3Options = {},
  ) {
    this.url = `s3://${bucket}/${prefix}`;
    this.client = makeS3Client(options);
    this.calls = new S3Calls(options);
    const place = { bucket, prefix };
    this.uploads = new S3Multipart(this.client, this.calls, place);
    this.inspection = new S3Inspection(this.client, this.calls, new S3Clock(this.client), place);
  }

  put(key: string, body: Buffer, options: PutOptions = {}): Promise<{ created: boolean }> {
    return this.send(key, options, body.length, () => body);
  }

  async putFile(key: string, path: string, options: PutOptions = {}): Promise<{ created: boolean }> {
    const { size } = await stat(path);
    return this.send(key, options, size, () => createReadStream(path));
  }

  /** Unlike a stream, an object that is read whole is asked for again where it broke off. */
  async get(key: string, { maxBytes = DEFAULT_MAX_GET_BYTES }: GetOptions = {}): Promise<Buffer> {
    const Key = this.keyOf(key);
    return this.calls.run({ name: 'bucket.get', key, bytes: maxBytes }, async (abortSignal) => {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key }), {
        abortSignal,
      });
      if ((answer.ContentLength ?? 0) > maxBytes) {
        if (answer.Body instanceof Readable) answer.Body.destroy();
        throw new ObjectTooLarge(key, maxBytes);
      }
      return collect(wholeBody(answer.Body, answer.ContentLength), key, maxBytes);
    });
  }

  async stream(key: string, { start = 0, end }: ByteRange = {}): Promise<Readable> {
    const last = end === undefined ? '' : String(end);
    const range = start === 0 && end === undefined ? {} : { Range: `bytes=${String(start)}-${last}` };
    const command = { Bucket: this.bucket, Key: this.keyOf(key), ...range };
    const answer = await this.calls.run({ name: 'bucket.stream', key }, (abortSignal) =>
      this.client.send(new GetObjectCommand(command), { abortSignal }),
    );
    return wholeBody(answer.Body, answer.ContentLength);
  }

  async head(key: string): Promise<ObjectInfo | null> {
    const Key = this.keyOf(key);
    try {
      const answer = await this.calls.run({ name: 'bucket.head', key }, (abortSignal) =>
        this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key }), { abortSignal }),
      );
      return { key, size: answer.ContentLength ?? 0, lastModified: answer.LastModified ?? new Date(0) };
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  }

  async *list(prefix: string, options: { startAfter?: string } = {}): AsyncIterable<ObjectInfo> {
    assertSafePrefix(prefix);
    let token: string | undefined;
    do {
      const page = await this.listPage(prefix, options.startAfter, token);
      for (const object of page.Contents ?? []) {
        if (object.Key === undefined) continue;
        const key = object.Key.slice(this.prefix.length);
        yield { key, size: object.Size ?? 0, lastModified: object.LastModified ?? new Date(0) };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(keys: string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DELETE_BATCH)
      await this.removeBatch(keys.slice(from, from + DELETE_BATCH));
  }

  createMultipart(key: string): Promise<string> {
    return this.uploads.create(key);
  }

  uploadPart(key: string, uploadId: string, partNumber: number, body: Buffer): Promise<{ etag: string }> {
    return this.uploads.put(key, uploadId, partNumber, body);
  }

  listParts(key: string, uploadId: string): Promise<UploadedPart[] | null> {
    return this.uploads.parts(key, uploadId);
  }

  completeMultipart(key: string, uploadId: string, parts: readonly PartTag[]): Promise<void> {
    return this.uploads.complete(key, uploadId, parts);
  }

  abortMultipart(key: string, uploadId: string): Promise<void> {
    return this.uploads.abort(key, uploadId);
  }

  listMultiparts(prefix: string): AsyncIterable<MultipartInfo> {
    return this.uploads.list(prefix);
  }

  inspect(options: InspectOptions): Promise<BucketObjection[]> {
    return this.inspection.objections(options);
  }

  async probe(): Promise<BucketAbilities> {
    return {
      conditionalPut: await probeConditionalPut(this),
      consistentList: await probeListing(this),
    };
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  /** 409 says that another conditional write to this key is under way; it is tried again like any other failure. */
  private async send(
    key: string,
    { ifNoneMatch = false, attempts }: PutOptions,
    bytes: number,
    body: () => PutObjectCommandInput['Body'],
  ): Promise<{ created: boolean }> {
    const call = { name: 'bucket.put', key, bytes, attempts };
    const condition = ifNoneMatch ? { IfNoneMatch: '*' } : {};
    const target = { Bucket: this.bucket, Key: this.keyOf(key), ContentLength: bytes, ...condition };
    try {
      await this.calls.attempt(call, (abortSignal) =>
        this.client.send(new PutObjectCommand({ ...target, Body: body() }), { abortSignal }),
      );
      return { created: true };
    } catch (error) {
      if (ifNoneMatch && statusOf(error) === 412) return { created: false };
      throw translate(error, call.name, key);
    }
  }

  /** Ceph holds a delete of many against the bucket itself, where the least policy grants objects only: then singly. */
  private async removeBatch(keys: string[]): Promise<void> {
    const Objects = keys.map((key) => ({ Key: this.keyOf(key) }));
    try {
      await this.removeTogether(keys, Objects);
    } catch (error) {
      if (!(error instanceof BucketRefused) || error.code !== 'bucket.access_denied') throw error;
      for (const { Key } of Objects) await this.removeOne(Key);
    }
  }

  private async removeOne(Key: string): Promise<void> {
    await this.calls.run({ name: 'bucket.remove', key: Key }, (abortSignal) =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key }), { abortSignal }),
    );
  }

  /** Each key must be named in the answer: silence is no proof that an object is gone. */
  private async removeTogether(keys: string[], Objects: { Key: string }[]): Promise<void> {
    await this.calls.run({ name: 'bucket.remove', key: keys[0] ?? '' }, async (abortSignal) => {
      const answer = await this.client.send(
        new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects } }),
        { abortSignal },
      );
      const [first] = answer.Errors ?? [];
      if (first !== undefined)
        throw Object.assign(new Error(first.Message), { name: first.Code ?? 'unknown' });
      const gone = new Set(answer.Deleted?.map(({ Key }) => Key));
      if (Objects.some(({ Key }) => !gone.has(Key)))
        throw new BucketUnavailable('S3 did not say that every object is deleted');
    });
  }

  private async listPage(prefix: string, startAfter: string | undefined, token: string | undefined) {
    const command = {
      Bucket: this.bucket,
      Prefix: this.prefix + prefix,
      ...(startAfter === undefined ? {} : { StartAfter: this.prefix + startAfter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    };
    return this.calls.run({ name: 'bucket.list', key: prefix }, async (abortSignal) => {
      const page = await this.client.send(new ListObjectsV2Command(command), { abortSignal });
      // something between us and S3 that answers nonsense must not pass for an empty bucket
      if (page.Name === undefined) throw new BucketUnavailable('S3 answered something that is no listing');
      return page;
    });
  }

  private keyOf(key: string): string {
    assertSafeKey(key);
    return this.prefix + key;
  }
}

async function collect(body: Readable, key: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    total += bytes.length;
    if (total > maxBytes) throw new ObjectTooLarge(key, maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, total);
}
