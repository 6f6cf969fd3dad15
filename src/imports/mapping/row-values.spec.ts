import { describe, expect, it } from '@jest/globals';
import { readDate } from './dates.js';
import type { FieldRule } from './mapping.js';
import { textOf } from './row-values.js';

const plain: FieldRule = { field: 'f', with: ' ', fallback: [], empty: [], values: {}, date: [] };
const row = (values: Record<string, string>) => ({ line: 2, index: 0, values });

describe('the text of a field', () => {
  it('is empty where the file holds a word for nothing', () => {
    expect(textOf({ ...plain, from: 'a', empty: ['null'] }, row({ a: ' null ' }))).toBeNull();
  });
  it('is replaced where the mapping knows better', () => {
    expect(textOf({ ...plain, from: 'a', values: { GTXPro: 'GTX Pro' } }, row({ a: 'GTXPro' }))).toBe(
      'GTX Pro',
    );
  });
  it('comes from the first further column that holds something', () => {
    expect(textOf({ ...plain, from: 'a', fallback: ['b', 'c'] }, row({ a: '', b: '', c: 'x' }))).toBe('x');
  });
  it('leaves out the empty parts of a joined text', () => {
    const rule = { ...plain, join: ['a', 'b'], with: ' – ', empty: ['null'], values: { GTXPro: 'GTX Pro' } };
    expect(textOf(rule, row({ a: 'null', b: 'GTXPro' }))).toBe('GTX Pro');
    expect(textOf(rule, row({ a: 'Acme', b: 'MG' }))).toBe('Acme – MG');
  });
  it('fills a template, as letters for an address where asked', () => {
    expect(textOf({ ...plain, template: '{name|slug}@demo.invalid' }, row({ name: 'Mei-Mei Jöhns' }))).toBe(
      'mei-mei.johns@demo.invalid',
    );
  });
  it('has one space where the file has a control character or several blanks', () => {
    expect(textOf({ ...plain, from: 'a' }, row({ a: 'Portfolio\u0085 S.\t r.l.\n' }))).toBe(
      'Portfolio S. r.l.',
    );
    expect(textOf({ ...plain, from: 'a' }, row({ a: 'two\nlines ' }), true)).toBe('two\nlines');
  });
  it('never takes a value map’s inherited names', () => {
    expect(textOf({ ...plain, from: 'a' }, row({ a: 'constructor' }))).toBe('constructor');
  });
});

describe('a date', () => {
  it.each([
    ['20-10-2016', ['DD-MM-YYYY'], '2016-10-20'],
    ['11/13/2014', ['MM/DD/YYYY'], '2014-11-13'],
    ['1.2.2020', ['DD.MM.YYYY'], '2020-02-01'],
    ['2020-02-29', ['DD-MM-YYYY', 'YYYY-MM-DD'], '2020-02-29'],
  ])('%s is read by %s', (text, forms, date) => {
    expect(readDate(text, forms)).toBe(date);
  });
  it.each([['31-02-2020'], ['20-10-16'], ['2016-10-20'], ['13/13/2014'], ['']])('%s is none', (text) => {
    expect(readDate(text, ['DD-MM-YYYY', 'MM/DD/YYYY'])).toBeNull();
  });
});
