import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import { BucketUnavailable } from './bucket.errors.js';

/**
 * The body of an answer, as a stream that ends only after as many bytes as were announced. A connection that breaks off
 * is an error of the bucket, not an object that is shorter.
 */
export function wholeBody(body: unknown, announced: number | undefined): Readable {
  if (!(body instanceof Readable)) throw new BucketUnavailable('S3 answered without a body');
  const counted = new CountedBody(announced);
  pipeline(body, counted, () => undefined); // whoever reads the result sees its error
  return counted;
}

class CountedBody extends Transform {
  private seen = 0;

  constructor(private readonly announced: number | undefined) {
    super({ highWaterMark: 256 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.seen += chunk.length;
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.announced === undefined || this.seen === this.announced;
    done(isWhole ? null : new BucketUnavailable('the object broke off'));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const isOwn = error === null || error instanceof BucketUnavailable;
    done(isOwn ? error : new BucketUnavailable('the connection broke in the middle of the object', error));
  }
}
