import { describe, expect, it } from '@jest/globals';
import { freeKey, moved } from './keys.js';

describe('the key of a new stage', () => {
  it('is made of its name, and is one that nobody has', () => {
    expect(freeKey('Closed – Won!', [])).toBe('closed-won');
    expect(freeKey('Prüfung', ['prufung'])).toBe('prufung-2');
    expect(freeKey('–', ['stage'])).toBe('stage-2');
  });
});

describe('moving a stage', () => {
  const stages = [
    { id: 'a', position: 1 },
    { id: 'b', position: 2 },
    { id: 'c', position: 3 },
  ];
  const told = (changes: { item: { id: string }; position: number }[]) =>
    changes.map(({ item, position }) => `${item.id}${String(position)}`);

  it('changes only what has to change', () => {
    expect(told(moved(stages, 'c', -1))).toEqual(['c2', 'b3']);
  });

  it('stops at both ends', () => {
    expect(moved(stages, 'a', -1)).toEqual([]);
    expect(moved(stages, 'c', 1)).toEqual([]);
  });
});
