import { describe, expect, it } from '@jest/globals';
import { lookPauseMs, pause, retryPauseMs } from './pauses.js';

describe('a pause', () => {
  it('ends without an error when the program stops', async () => {
    const stopping = new AbortController();
    const waiting = pause(60_000, stopping.signal);
    stopping.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(pause(60_000, stopping.signal)).resolves.toBeUndefined();
  });
});

describe('the pause after failures', () => {
  it('doubles, ends at the longest and never vanishes', () => {
    for (let round = 0; round < 100; round += 1) {
      const [first, third, hundredth] = [1, 3, 100].map((failures) => retryPauseMs(failures, 100, 30_000));
      expect(first).toBeGreaterThanOrEqual(100);
      expect(first).toBeLessThanOrEqual(200);
      expect(third).toBeGreaterThanOrEqual(400);
      expect(third).toBeLessThanOrEqual(800);
      expect(hundredth).toBeGreaterThanOrEqual(15_000);
      expect(hundredth).toBeLessThanOrEqual(30_000);
    }
  });
});

describe('the pause before the next look', () => {
  it('is short after news, doubles while there are none, and ends at the longest', () => {
    expect([0, 1, 2, 3, 4, 1000].map((quiet) => lookPauseMs(quiet, 250))).toEqual([
      25, 50, 100, 200, 250, 250,
    ]);
  });

  it('is never longer than asked for', () => {
    expect(lookPauseMs(0, 10)).toBe(10);
  });
});
