// The kinds of bucket that must behave alike. Each opens an empty one of its own.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBucket, type Bucket, type S3Options } from '../../../src/platform/bucket/index.js';
import { resolveLocalNames } from '../../support/local-names.js';
import { openNewS3Bucket, s3Options, sharedRadosgw, type Radosgw } from '../../support/radosgw/index.js';
import { makeTempFolder } from '../../support/temp-folder.js';

export interface BucketKind {
  name: string;
  open: () => Promise<Bucket>;
  /** with which another process opens the same bucket by its address */
  options: () => Promise<S3Options>;
}

export const folderKind: BucketKind = {
  name: 'a folder',
  open: async () => openBucket(pathToFileURL(join(await makeTempFolder('bucket'), 'bucket')).href),
  options: () => Promise.resolve({}),
};

export const pathStyleKind: BucketKind = {
  name: 'S3, path style',
  open: () => openNewS3Bucket(),
  options: async () => s3Options(await sharedRadosgw()),
};

/** The bucket is the first label of a host name, which must lead to the gateway although no resolver knows it. */
export const hostStyleKind: BucketKind = {
  name: 'S3, virtual-host style',
  open: async () => {
    resolveLocalNames();
    return openNewS3Bucket(hostStyle(await sharedRadosgw()));
  },
  options: async () => {
    const gateway = await sharedRadosgw();
    return s3Options(gateway, gateway.owner, hostStyle(gateway));
  },
};

function hostStyle({ port }: Radosgw): S3Options {
  return { endpoint: `http://localhost:${port}`, pathStyle: false };
}

export const bucketKinds: readonly BucketKind[] = [folderKind, pathStyleKind, hostStyleKind];

/** Bytes of an object, whatever its size. */
export async function readAll(source: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function keysOf(bucket: Bucket, prefix: string, startAfter?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of bucket.list(prefix, startAfter === undefined ? {} : { startAfter }))
    found.push(key);
  return found;
}

export const randomBody = (bytes: number): Buffer => randomBytes(bytes);
