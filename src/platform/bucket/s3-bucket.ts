import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { BucketError, BucketUnavailable, ObjectNotFound, ObjectTooLarge } from './bucket.errors.js';
import {
  DEFAULT_MAX_GET_BYTES,
  type Bucket,
  type GetOptions,
  type ObjectInfo,
  type PutOptions,
} from './bucket.port.js';
import { probeConditionalPut } from './conditional-put.probe.js';
import { assertSafeKey, assertSafePrefix } from './safe-key.js';

export interface S3Options {
  /** address of a server that is not AWS, e.g. `https://ceph.example:7480` */
  endpoint?: string;
  region?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`; most servers that are not AWS need it */
  pathStyle?: boolean;
  connectTimeoutMs?: number;
  /** longest silence on a connection */
  requestTimeoutMs?: number;
  maxAttempts?: number;
}

const CONFLICT_ATTEMPTS = 5;
const DELETE_BATCH = 1000;

/** S3 behind the same port. What differs between servers stands in docs; each difference is commented where it bites. */
export class S3Bucket implements Bucket {
  readonly url: string;
  private readonly client: S3Client;

  constructor(
    private readonly bucket: string,
    private readonly prefix: string,
    options: S3Options = {},
  ) {
    this.url = `s3://${bucket}/${prefix}`;
    const { accessKeyId, secretAccessKey, sessionToken } = options;
    this.client = new S3Client({
      region: options.region ?? 'us-east-1',
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : {
            credentials: {
              accessKeyId,
              secretAccessKey,
              ...(sessionToken === undefined ? {} : { sessionToken }),
            },
          }),
      forcePathStyle: options.pathStyle ?? false,
      maxAttempts: options.maxAttempts ?? 4,
      // The default adds a trailing checksum to streamed bodies, which Ceph answers with 411.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: options.connectTimeoutMs ?? 5_000,
        // Not the SDK's `requestTimeout`: that one only writes a warning, and the call goes on for ever.
        socketTimeout: options.requestTimeoutMs ?? 60_000,
      },
    });
  }

  put(key: string, body: Buffer, options: PutOptions = {}): Promise<{ created: boolean }> {
    return this.send(key, options, () => ({ Body: body, ContentLength: body.length }));
  }

  async putFile(key: string, path: string, options: PutOptions = {}): Promise<{ created: boolean }> {
    const { size } = await stat(path);
    return this.send(key, options, () => ({ Body: createReadStream(path), ContentLength: size }));
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_GET_BYTES;
    const chunks: Buffer[] = [];
    let total = 0;
    try {
      for await (const chunk of await this.stream(key)) {
        const bytes = chunk as Buffer;
        total += bytes.length;
        if (total > maxBytes) throw new ObjectTooLarge(key, maxBytes);
        chunks.push(bytes);
      }
    } catch (error) {
      throw translate(error, key);
    }
    return Buffer.concat(chunks, total);
  }

  async stream(key: string): Promise<Readable> {
    try {
      const answer = await this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: this.keyOf(key) }),
      );
      if (answer.Body instanceof Readable) return answer.Body;
    } catch (error) {
      throw translate(error, key);
    }
    throw new BucketUnavailable('S3 answered without a body');
  }

  async head(key: string): Promise<ObjectInfo | null> {
    try {
      const answer = await this.client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: this.keyOf(key) }),
      );
      return { key, size: answer.ContentLength ?? 0, lastModified: answer.LastModified ?? new Date(0) };
    } catch (error) {
      const translated = translate(error, key);
      if (translated instanceof ObjectNotFound) return null;
      throw translated;
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
    for (let from = 0; from < keys.length; from += DELETE_BATCH) {
      const batch = keys.slice(from, from + DELETE_BATCH).map((key) => ({ Key: this.keyOf(key) }));
      let answer;
      try {
        answer = await this.client.send(
          new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: batch, Quiet: true } }),
        );
      } catch (error) {
        throw translate(error, keys[from] ?? '');
      }
      const [first] = answer.Errors ?? [];
      if (first !== undefined) throw new BucketUnavailable(`S3 refused a delete: ${first.Code ?? 'unknown'}`);
    }
  }

  probe(): Promise<{ conditionalPut: boolean }> {
    return probeConditionalPut(this);
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  private async send(
    key: string,
    options: PutOptions,
    body: () => Pick<PutObjectCommandInput, 'Body' | 'ContentLength'>,
  ): Promise<{ created: boolean }> {
    const condition = options.ifNoneMatch === true ? { IfNoneMatch: '*' } : {};
    const target = { Bucket: this.bucket, Key: this.keyOf(key) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.client.send(new PutObjectCommand({ ...target, ...body(), ...condition }));
        return { created: true };
      } catch (error) {
        const status = statusOf(error);
        if (options.ifNoneMatch === true && status === 412) return { created: false };
        // 409: another conditional write to this key is under way; S3 asks to try again.
        if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw translate(error, key);
      }
    }
  }

  private async listPage(prefix: string, startAfter: string | undefined, token: string | undefined) {
    try {
      return await this.client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: this.prefix + prefix,
          ...(startAfter === undefined ? {} : { StartAfter: this.prefix + startAfter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
    } catch (error) {
      throw translate(error, prefix);
    }
  }

  private keyOf(key: string): string {
    assertSafeKey(key);
    return this.prefix + key;
  }
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null;
  const metadata = error.$metadata as { httpStatusCode?: number };
  return metadata.httpStatusCode ?? null;
}

function translate(error: unknown, key: string): Error {
  if (error instanceof BucketError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  if (name === 'NoSuchKey' || name === 'NotFound') return new ObjectNotFound(key);
  const status = statusOf(error);
  return new BucketUnavailable(
    status === null ? `S3 failed: ${name}` : `S3 answered ${String(status)} ${name}`,
    error,
  );
}
