export type { Bucket, GetOptions, ObjectInfo, PutOptions } from './bucket.port.js';
export { ObjectNotFound, ObjectTooLarge } from './bucket.errors.js';
export { openBucket } from './open-bucket.js';
export type { S3Options } from './s3-bucket.js';
