export {
  MIN_PART_BYTES,
  type Bucket,
  type BucketAbilities,
  type BucketObjection,
  type ByteRange,
  type GetOptions,
  type MultipartInfo,
  type ObjectInfo,
  type PartTag,
  type PutOptions,
  type UploadedPart,
} from './bucket.port.js';
export {
  BucketError,
  BucketUnavailable,
  ObjectNotFound,
  ObjectTooLarge,
  RangeOutside,
  UploadNotFound,
} from './bucket.errors.js';
export { openBucket } from './open-bucket.js';
export type { S3Options } from './s3-client.js';
export { s3OptionsOf } from './s3-options.js';
