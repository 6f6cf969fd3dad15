/** `@Inject(CONNECTOR_BUCKET) bucket: Bucket` */
export const CONNECTOR_BUCKET = Symbol('CONNECTOR_BUCKET');

/** Whether this process may write to the bucket, or remove anything from it. Implemented by `publish`. */
export interface BucketUse {
  isGiven(): Promise<boolean>;
}

/** Nest token of BucketUse. */
export const BUCKET_USE = Symbol('BUCKET_USE');
