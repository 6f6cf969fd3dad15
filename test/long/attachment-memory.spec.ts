import { describe, expect, it } from '@jest/globals';
import { measureFileMemory } from '../integration/files/memory-run.js';

describe('a file of 2 GB', () => {
  it('goes up and down with less than 64 MB of memory', async () => {
    const measured = await measureFileMemory(2 * 1024 ** 3);
    process.stdout.write(`2 GB up and down: ${JSON.stringify(measured)}\n`);
    expect(measured.isSame).toBe(true);
    expect(measured.upMb).toBeLessThan(64);
    expect(measured.downMb).toBeLessThan(64);
  }, 1_800_000);
});
