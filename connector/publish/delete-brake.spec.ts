import { describe, expect, it } from '@jest/globals';
import { BrakePassed, DeleteBrake, type DeleteCounts } from './delete-brake.js';

function passes(threshold: number | null, confirmed: DeleteCounts, deletes: DeleteCounts): boolean {
  const brake = new DeleteBrake(threshold, confirmed);
  try {
    for (const [type, count] of Object.entries(deletes)) for (let i = 0; i < count; i += 1) brake.count(type);
    return true;
  } catch (error) {
    if (error instanceof BrakePassed) return false;
    throw error;
  }
}

describe('the brake on deletes', () => {
  it.each([
    ['as many as the threshold, over all types', 5, {}, { deal: 3, contact: 2 }, true],
    ['one more than the threshold, over all types', 5, {}, { deal: 3, contact: 3 }, false],
    ['any number where the policy names none', null, {}, { deal: 10_000 }, true],
    ['what was confirmed and the threshold', 5, { deal: 600 }, { deal: 605 }, true],
    ['ten times what was confirmed', 5, { deal: 600 }, { deal: 6_000 }, false],
    [
      'the threshold beyond the confirmed, once over all types',
      5,
      { deal: 600 },
      { deal: 603, contact: 3 },
      false,
    ],
    ['as many of another type as were confirmed of one', 5, { deal: 600 }, { contact: 600 }, false],
  ])('with %s answers %p', (_what, threshold, confirmed, deletes, expected) => {
    expect(passes(threshold, confirmed, deletes)).toBe(expected);
  });
});
