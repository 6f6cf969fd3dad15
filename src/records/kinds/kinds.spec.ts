import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FieldKind, FieldMeta } from '../metadata/field.meta.js';
import { kinds, readTime, trimDecimal, type Money } from './index.js';

function field(kind: FieldKind, more: Partial<FieldMeta> = {}): FieldMeta {
  const facts = { name: 'f', column: 'f', kind, label: 'F', required: false, readOnly: false };
  return { ...facts, classification: 'internal', unique: false, indexed: false, custom: false, ...more };
}

const parse = (kind: FieldKind, value: unknown, more?: Partial<FieldMeta>) =>
  kinds[kind].parse(value, field(kind, more));
const isRefused = (kind: FieldKind, value: unknown, more?: Partial<FieldMeta>) =>
  'wrong' in parse(kind, value, more);

describe('kinds of field', () => {
  it.each([
    ['text', ['a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', '\ud800', 5, {}, [], true]],
    ['longText', ['a\u0000b', 'a\u001bb', 5]],
    ['email', ['a', 'a@b', '@b.de', 'a b@c.de', 'a@b\n.de', 'a@b..de', '<a@b.de>', 'a,b@c.de']],
    ['phone', ['abc', '12', '+', 'javascript:1', '1;2;3']],
    ['url', ['javascript:alert(1)', 'ftp://x.de', 'x.de', 'http://', 'https://u:p@x.de', 'data:text/html,x']],
    ['integer', [1.5, '1', NaN, Infinity, 2 ** 31, -(2 ** 31), null]],
    ['decimal', [1.5, '1e3', '1,5', ' 1', '', '.5', '5.', '01', 'NaN', '1.23456', '12345678901234567']],
    [
      'money',
      [
        '5',
        5,
        { amount: '5' },
        { amount: 5.5, currency: 'USD' },
        { amount: '5', currency: 'XXL' },
        { amount: '5', currency: 'usd' },
        { amount: '5', currency: 'USD', x: 1 },
      ],
    ],
    ['boolean', ['true', 1, 0, null]],
    [
      'date',
      [
        '2015-02-29',
        '2015-2-1',
        '20150201',
        '2015-02-01T00:00:00Z',
        '0000-01-01',
        '2015-13-01',
        5,
        '+02015-01-01',
      ],
    ],
    [
      'dateTime',
      [
        '2015-02-01',
        '2015-02-01T10:00:00',
        '2015-02-30T10:00:00Z',
        '2015-02-01T25:00:00Z',
        '2015-02-01 10:00:00Z',
        1e12,
        '9999-12-31T23:59:59-23:00',
      ],
    ],
    ['choice', ['c', 'A', '', 5, ['a']]],
    ['reference', ['x', '', "' OR 1=1", 5, {}]],
  ] as const)('%s refuses what it is not', (kind, values) => {
    for (const value of values)
      expect([value, isRefused(kind, value, { options: ['a', 'b'] })]).toEqual([value, true]);
  });

  it.each([
    ['text', '  Zoe\u0308 ', 'Zoë'],
    ['text', '   ', null],
    ['email', 'Ada@Example.COM', 'ada@example.com'],
    ['integer', -3, -3],
    ['decimal', '10.500', '10.5'],
    ['decimal', 7, '7'],
    ['decimal', '-0', '0'],
    ['date', '2016-02-29', '2016-02-29'],
    ['dateTime', '2016-02-29T10:00+01:30', '2016-02-29T08:30:00.000Z'],
    ['dateTime', '2016-02-29T10:00:00.123456Z', '2016-02-29T10:00:00.123Z'],
    ['choice', 'a', 'a'],
    ['reference', '0190A1B2-0000-7000-8000-0000000000AB', '0190a1b2-0000-7000-8000-0000000000ab'],
  ] as const)('%s takes %j as %j', (kind, value, stored) => {
    expect(parse(kind, value, { options: ['a', 'b'] })).toEqual({ value: stored });
  });

  it('counts characters, not code units', () => {
    expect(isRefused('text', '😀'.repeat(10), { max: 10 })).toBe(false);
    expect(isRefused('text', '😀'.repeat(11), { max: 10 })).toBe(true);
  });

  it('whatever the input, answers with a value or a reason and never throws', () => {
    const kindNames = Object.keys(kinds) as FieldKind[];
    fc.assert(
      fc.property(fc.constantFrom(...kindNames), fc.anything(), (kind, value) => {
        const parsed = parse(kind, value, { options: ['a'] });
        return 'wrong' in parsed ? parsed.wrong.length > 0 : parsed.value !== undefined;
      }),
      { numRuns: 2000 },
    );
  });

  it('takes its own answer again, unchanged', () => {
    const amount = fc
      .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(9999))
      .map(([whole, rest]) => `${String(whole)}.${String(rest).padStart(4, '0')}`);
    const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'EUR');
    fc.assert(
      fc.property(amount, currency, (given, code) => {
        const first = parse('money', { amount: given, currency: code });
        expect(first).toHaveProperty('value');
        const money = (first as { value: Money }).value;
        expect(parse('money', money)).toEqual(first);
        const scaled = (text: string) =>
          BigInt(text.replace('.', '').padEnd(0)) * 10n ** BigInt(4 - (text.split('.')[1]?.length ?? 0));
        expect(scaled(money.amount)).toBe(scaled(given));
      }),
    );
  });

  it('shows numbers as they were meant, whatever zeros the column adds', () => {
    expect(['1.5000', '3.0000', '0.0000', '10', '-2.5000'].map((text) => trimDecimal(text))).toEqual([
      '1.5',
      '3',
      '0',
      '10',
      '-2.5',
    ]);
    expect(trimDecimal('3.0000', 2)).toBe('3.00');
    expect(trimDecimal('3', 2)).toBe('3.00');
    expect(trimDecimal('3.1415', 2)).toBe('3.1415');
  });

  it('reads PostgreSQL times of any precision', () => {
    expect(readTime('2026-11-22 08:30:00+00')).toBe('2026-11-22T08:30:00.000Z');
    expect(readTime('2026-11-22 08:30:00.1+00')).toBe('2026-11-22T08:30:00.100Z');
    expect(readTime('2026-11-22 08:30:00.123+00')).toBe('2026-11-22T08:30:00.123Z');
  });
});
