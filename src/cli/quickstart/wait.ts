import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli.errors.js';

/** Asks until the answer is yes. @throws CliError after `timeoutMs`, with what was waited for */
export async function waitUntil(
  what: string,
  ask: () => Promise<boolean>,
  timeoutMs: number,
  everyMs = 150,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await ask().catch(() => false)) return;
    await sleep(everyMs);
  }
  throw new CliError(`Gave up after ${Math.round(timeoutMs / 1000)} s of waiting for ${what}.`);
}

export async function isUp(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return response.ok;
}
