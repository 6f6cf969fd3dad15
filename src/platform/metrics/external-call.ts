import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../errors/index.js';
import { externalCallDuration } from './metrics.js';

export interface ExternalCallOptions {
  /** For one attempt. */
  timeoutMs: number;
  /** Further attempts after the first; 0 unless told, because not every call may be made twice. */
  retries?: number;
  /** Base of the exponential pause between attempts (full jitter); 100 unless told, at most 10 s each. */
  backoffMs?: number;
  /** Whether another attempt can help; by default any failure. */
  isRetryable?: (error: unknown) => boolean;
  /** Ends the call and its pauses from outside. */
  signal?: AbortSignal;
}

/** An attempt took longer than its time. */
export class ExternalCallTimeout extends Unavailable {
  constructor(call: string, timeoutMs: number) {
    super('external_call_timeout', { detail: `${call} gave no answer within ${timeoutMs} ms.` });
  }
}

const LONGEST_PAUSE_MS = 10_000;

/**
 * Every call that leaves the process goes through here: it gets a time limit, a stated retry policy and a metric.
 * `name` is a short constant, for example `bucket.put`. The call gets a signal that ends with the attempt's time.
 * @throws the last attempt's error, or {@link ExternalCallTimeout}.
 */
export async function timedExternalCall<T>(
  name: string,
  call: (signal: AbortSignal) => Promise<T>,
  options: ExternalCallOptions,
): Promise<T> {
  const { retries = 0, backoffMs = 100, isRetryable = () => true, signal } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return await oneAttempt(name, call, options);
    } catch (error) {
      if (attempt >= retries || signal?.aborted === true || !isRetryable(error)) throw error;
      const pauseMs = Math.random() * Math.min(LONGEST_PAUSE_MS, backoffMs * 2 ** attempt);
      await sleep(pauseMs, undefined, signal ? { signal } : {});
    }
  }
}

async function oneAttempt<T>(
  name: string,
  call: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signal }: ExternalCallOptions,
): Promise<T> {
  const controller = new AbortController();
  const stop = externalCallDuration.startTimer({ call: name });
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    controller.abort(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new ExternalCallTimeout(name, timeoutMs);
        reject(error);
        controller.abort(error);
      }, timeoutMs);
    });
    signal?.throwIfAborted();
    const result = await Promise.race([call(controller.signal), tooLate]);
    stop({ outcome: 'ok' });
    return result;
  } catch (error) {
    stop({ outcome: error instanceof ExternalCallTimeout ? 'timeout' : 'error' });
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
