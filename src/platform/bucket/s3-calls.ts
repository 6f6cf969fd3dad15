import { timedExternalCall } from '../metrics/index.js';
import { DEFAULT_REQUEST_TIMEOUT_MS, type S3Options } from './s3-client.js';
import { mayPass, translate } from './s3-errors.js';

/** A body is given this much time per byte on top of the call's own: slower than 32 KiB/s counts as broken. */
const SLOWEST_BYTES_PER_MS = 32;
const DEFAULT_ATTEMPTS = 4;
const BACKOFF_MS = 200;

export interface S3Call {
  /** as in the metric: `bucket.put` */
  name: string;
  key: string;
  /** length of the body that is sent */
  bytes?: number;
  attempts?: number | undefined;
}

/** Every request to S3 passes here: it gets its time, its attempts, its metric, and errors in the port's own words. */
export class S3Calls {
  private readonly timeoutMs: number;
  private readonly attempts: number;

  constructor(options: S3Options) {
    // An attempt may be silent for the connection's whole time at its beginning and once more at its end.
    this.timeoutMs = 2 * (options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS);
    this.attempts = options.maxAttempts ?? DEFAULT_ATTEMPTS;
  }

  /** @param send makes the request anew at each attempt, since a body can be read once only */
  async run<T>(call: S3Call, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.attempt(call, send);
    } catch (error) {
      throw translate(error, call.name, call.key);
    }
  }

  /** As {@link run}, but with S3's own error, for the caller that tells a lost condition from a failure. */
  attempt<T>(
    { name, bytes = 0, attempts = this.attempts }: S3Call,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return timedExternalCall(name, send, {
      timeoutMs: this.timeoutMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS),
      retries: attempts - 1,
      backoffMs: BACKOFF_MS,
      isRetryable: mayPass,
    });
  }
}
