import { describe, expect, it } from '@jest/globals';
import { lagScale, linePath, worstPointOf } from './lag-scale.js';

const minuteMs = 60_000;
const start = Date.parse('2026-11-29T10:00:00Z');
const at = (step: number) => new Date(start + step * minuteMs).toISOString();
const window = { from: at(0), stepMs: minuteMs, steps: 5 };
const replica = (...points: [number, number][]) => ({
  name: 'london',
  points: points.map(([step, lagMs]) => ({ at: at(step), lagMs })),
});

describe('the line of a replica', () => {
  it('is broken where nobody looked, and a step alone is a dot', () => {
    const line = replica([0, 0], [1, 0], [3, 0]);
    const path = linePath(line, window, lagScale([line]));
    expect(path).toBe('M0.00 100.00h0.01L25.00 100.00M75.00 100.00h0.01');
  });

  it('ends at the top where the lag is the greatest of all replicas', () => {
    const [bad, good] = [replica([4, 86_400_000]), replica([4, 2_000])];
    const scale = lagScale([bad, good]);
    expect(linePath(bad, window, scale)).toMatch(/^M100\.00 0\.00/);
    // and a lag of seconds is still to be seen beside a day
    expect(scale.height(2_000)).toBeGreaterThan(0.08);
    expect(scale.marks.map(({ lagMs }) => lagMs)).toEqual([10_000, 60_000, 600_000, 3_600_000, 86_400_000]);
  });

  it('does not make an outage of a second', () => {
    expect(lagScale([replica([0, 1_000])]).height(1_000)).toBeLessThan(0.2);
    expect(worstPointOf(replica([0, 1], [1, 7], [2, 7]))?.at).toBe(at(1));
    expect(worstPointOf(replica())).toBeUndefined();
  });
});
