import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or ends early without an error when the signal is aborted: the loop around it looks at the signal anyway. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * How long to wait after so many failures in a row: doubling from `firstMs`, up to `longestMs`. A random half is taken
 * off, so that processes that failed together do not come back together.
 */
export function retryPauseMs(failures: number, firstMs: number, longestMs: number): number {
  const ms = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10));
  return ms * (0.5 + Math.random() / 2);
}

const FIRST_LOOK_MS = 25;

/**
 * How long to wait before one looks for news again that was nothing new so many times in a row: a moment after the last
 * news, since more of it tends to follow, and doubling up to `longestMs`. So a busy time is followed closely, and a quiet
 * night costs no more requests than without.
 */
export function lookPauseMs(quietLooks: number, longestMs: number): number {
  return Math.min(longestMs, FIRST_LOOK_MS * 2 ** Math.min(quietLooks, 20));
}
