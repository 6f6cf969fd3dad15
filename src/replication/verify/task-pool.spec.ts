import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ahead, TaskPool } from './task-pool.js';

describe('TaskPool', () => {
  it('never has more under way than it may, and ends when all have', async () => {
    const pool = new TaskPool(3);
    let [running, most, done] = [0, 0, 0];
    for (let index = 0; index < 20; index += 1)
      await pool.add(async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(index % 3);
        running -= 1;
        done += 1;
      });
    await pool.end();
    expect({ most, done }).toEqual({ most: 3, done: 20 });
  });

  it('tells the first failure, and starts nothing after it', async () => {
    const pool = new TaskPool(2);
    let started = 0;
    const failing = async (): Promise<void> => {
      started += 1;
      await sleep(1);
      throw new TypeError(`task ${String(started)}`);
    };
    await expect(
      (async () => {
        for (;;) await pool.add(failing);
      })(),
    ).rejects.toThrow(TypeError);
    const before = started;
    await expect(pool.add(failing)).rejects.toThrow(TypeError);
    await expect(pool.end()).rejects.toThrow(TypeError);
    expect(started).toBe(before);
  });
});

describe('ahead', () => {
  async function* numbers(): AsyncIterable<number> {
    for (let value = 0; value < 10; value += 1) {
      await sleep(0);
      yield value;
    }
  }

  it('keeps the order, with some of the work begun before it is asked for', async () => {
    const begun: number[] = [];
    const results: number[] = [];
    const work = async (value: number): Promise<number> => {
      begun.push(value);
      await sleep((10 - value) % 4);
      return value * 2;
    };
    for await (const result of ahead(numbers(), 3, work)) {
      results.push(result);
      expect(begun.length).toBeLessThanOrEqual(results.length + 3);
    }
    expect(results).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });
});
