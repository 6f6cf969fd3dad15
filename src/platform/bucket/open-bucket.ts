import { fileURLToPath } from 'node:url';
import { BucketUrlInvalid } from './bucket.errors.js';
import type { Bucket } from './bucket.port.js';
import { FolderBucket } from './folder-bucket.js';
import { S3Bucket } from './s3-bucket.js';
import type { S3Options } from './s3-client.js';
import { assertSafePrefix } from './safe-key.js';

/**
 * `file:///srv/replica` or `s3://bucket/optional/prefix`. Credentials never stand in the URL: for S3 they come in
 * `options`, or from the SDK's own chain (instance role, profile).
 * @throws BucketUrlInvalid
 */
export function openBucket(url: string, options: S3Options = {}): Bucket {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw new BucketUrlInvalid('expected file:///folder or s3://bucket/prefix');
  if (parsed.username !== '' || parsed.password !== '')
    throw new BucketUrlInvalid('credentials do not belong in it');
  if (parsed.protocol === 'file:') {
    if (parsed.host !== '') throw new BucketUrlInvalid('a file URL names no host: file:///folder');
    return new FolderBucket(fileURLToPath(parsed));
  }
  if (parsed.protocol !== 's3:' || parsed.host === '')
    throw new BucketUrlInvalid('expected file:///folder or s3://bucket/prefix');
  const path = parsed.pathname.replace(/^\/+|\/+$/g, '');
  const prefix = path === '' ? '' : `${path}/`;
  assertSafePrefix(prefix);
  return new S3Bucket(parsed.host, prefix, options);
}
