import { describe, expect, it } from '@jest/globals';
import { TimeWindows } from './time-windows.js';

const at = (hour: number, minute: number) => new Date(2026, 10, 22, hour, minute);

describe('time windows', () => {
  it('are open all day where none is set', () => {
    expect(new TimeWindows([]).isOpen(at(12, 0))).toBe(true);
  });

  it('open at their first minute and close at their last', () => {
    const windows = new TimeWindows(['08:30-17:00', '20:00-21:00']);
    const open = [at(8, 30), at(16, 59), at(20, 0)].map((time) => windows.isOpen(time));
    const closed = [at(8, 29), at(17, 0), at(19, 59), at(21, 0)].map((time) => windows.isOpen(time));
    expect({ open, closed }).toEqual({ open: [true, true, true], closed: [false, false, false, false] });
  });

  it('may pass midnight', () => {
    const night = new TimeWindows(['22:00-06:00']);
    const open = [at(22, 0), at(23, 59), at(0, 0), at(5, 59)].map((time) => night.isOpen(time));
    expect({ open, day: night.isOpen(at(12, 0)), end: night.isOpen(at(6, 0)) }).toEqual({
      open: [true, true, true, true],
      ...{ day: false, end: false },
    });
  });
});
