// The kinds of bucket that must behave alike. Each opens an empty one of its own.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import { makeTempFolder } from '../../support/temp-folder.js';

export interface BucketKind {
  name: string;
  open: () => Promise<Bucket>;
}

export const folderKind: BucketKind = {
  name: 'a folder',
  open: async () => openBucket(pathToFileURL(join(await makeTempFolder('bucket'), 'bucket')).href),
};

export const bucketKinds: readonly BucketKind[] = [folderKind];

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
