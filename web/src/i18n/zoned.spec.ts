import { describe, expect, it } from '@jest/globals';
import { fromZonedInput, toZonedInput } from './zoned.js';

describe('times in the person’s own zone', () => {
  it('are shown and read back as the same moment', () => {
    expect(toZonedInput('2026-11-22T09:30:00Z', 'Europe/Berlin')).toBe('2026-11-22T10:30');
    expect(fromZonedInput('2026-11-22T10:30', 'Europe/Berlin')).toBe('2026-11-22T09:30:00.000Z');
  });

  it('keep the hour on the day on which the clocks change', () => {
    expect(fromZonedInput('2026-03-29T04:00', 'Europe/Berlin')).toBe('2026-03-29T02:00:00.000Z');
    expect(fromZonedInput('2026-03-29T01:00', 'Europe/Berlin')).toBe('2026-03-29T00:00:00.000Z');
  });
});
