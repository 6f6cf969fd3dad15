export class BucketError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class ObjectNotFound extends BucketError {
  constructor(readonly key: string) {
    super('bucket.object_not_found', `the bucket has no object ${key}`);
  }
}

export class ObjectTooLarge extends BucketError {
  constructor(
    readonly key: string,
    readonly maxBytes: number,
  ) {
    super('bucket.object_too_large', `object ${key} is larger than ${String(maxBytes)} bytes`);
  }
}

/** The key is not repeated: it may come from outside and be anything. */
export class UnsafeObjectKey extends BucketError {
  constructor(reason: string) {
    super('bucket.unsafe_key', `not a safe object key: ${reason}`);
  }
}

/** The bucket could not be reached or would not serve; a retry may help. */
export class BucketUnavailable extends BucketError {
  constructor(message: string, cause?: unknown) {
    super('bucket.unavailable', message, { cause });
  }
}

/** The bucket understood and said no; trying again changes nothing. `code` says why, the message what to do. */
export class BucketRefused extends BucketError {}

export class RangeOutside extends BucketError {
  constructor(readonly key: string) {
    super('bucket.range_outside', `object ${key} ends before the range asked for`);
  }
}

export class UploadNotFound extends BucketError {
  constructor(readonly key: string) {
    super('bucket.upload_not_found', `the bucket knows no such upload of ${key}`);
  }
}

export class BucketUrlInvalid extends BucketError {
  constructor(expectation: string) {
    super('bucket.url_invalid', `bucket URL: ${expectation}`);
  }
}
