import { describe, expect, it } from '@jest/globals';
import { highlight } from './highlight.js';

const matches = (text: string, q: string) =>
  highlight(text, q)
    .filter(({ isMatch }) => isMatch)
    .map(({ text: piece }) => piece);

describe('highlighting', () => {
  it('marks every word asked for, whatever its case', () => {
    expect(matches('Acme Trading, acme.example', 'ACME trad')).toEqual(['Acme', 'Trad', 'acme']);
  });

  it('looks past accents and keeps the text as it is written', () => {
    expect(matches('Café Zürich', 'cafe zur')).toEqual(['Café', 'Zür']);
    expect(
      highlight('Straße 1', 'stra')
        .map(({ text }) => text)
        .join(''),
    ).toBe('Straße 1');
  });

  it('marks nothing for an empty question', () => {
    expect(highlight('Acme', ' ')).toEqual([{ text: 'Acme', isMatch: false }]);
  });
});
