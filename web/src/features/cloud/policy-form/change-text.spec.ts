import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { isEqual, removeAt, setAt, setWords } from './change-text.js';
import { readPolicy, wordsAt } from './policy-text.js';
import { inline, type Value } from './splice-text.js';

const demo = readFileSync('config/demo-policy.yaml', 'utf8');
const example = readFileSync('config/cloud-policy.example.yaml', 'utf8');

/** The lines that differ: those that went, then those that came. */
function difference(before: string, after: string): [string[], string[]] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  while (old.length > 0 && old[0] === now[0]) [old, now].forEach((lines) => lines.shift());
  while (old.length > 0 && old.at(-1) === now.at(-1)) [old, now].forEach((lines) => lines.pop());
  return [old, now];
}

const set = (text: string, path: string, value: Value) => {
  const changed = setAt(text, path.split('/'), value);
  return difference(text, changed);
};
const remove = (text: string, path: string) => difference(text, removeAt(text, path.split('/')));

describe('a change of the text', () => {
  it('replaces one value and no letter beside it', () => {
    expect(set(demo, 'version', 2)).toEqual([['version: 1'], ['version: 2']]);
    expect(set(demo, 'types/account/fields/revenue', { generalise: { band: 1000 } })).toEqual([
      ['      revenue: omit'],
      ['      revenue: { generalise: { band: 1000 } }'],
    ]);
    expect(set(demo, 'types/activity/follows', 'account')).toEqual([
      ['    follows: [account, contact, deal, case]'],
      ['    follows: account'],
    ]);
    expect(set(demo, 'types/deal/follows', ['account', { through: 'dealLine' }])[1]).toEqual([
      '    follows: [account, { through: dealLine }]',
    ]);
    expect(set(example, 'types/account/where', { field: 'sector', op: 'eq', value: 'retail' })[1]).toEqual([
      '    where: { field: sector, op: eq, value: retail }',
    ]);
  });

  it('adds an entry behind the last of its kind, before the comments of what comes next', () => {
    expect(set(demo, 'types/case/custom/region', 'include')).toEqual([[], ['      region: include']]);
    expect(set(demo, 'types/user2', null)).toEqual([[], ['  user2:']]);
    expect(set('types: { a: { follows: b } }\n', 'types/a/fields', { x: 'omit' })[1]).toEqual([
      'types: { a: { follows: b, fields: { x: omit } } }',
    ]);
  });

  it('makes what leads to the place', () => {
    expect(set(demo, 'types/product/fields/listPrice', 'omit')).toEqual([
      [],
      ['    fields:', '      listPrice: omit'],
    ]);
    expect(set(demo, 'allow/contact.email', "contract: the client's, no. 7")).toEqual([
      [],
      ['allow:', `  contact.email: "contract: the client's, no. 7"`],
    ]);
    expect(setAt('version: 1\ntypes: {}\n', ['types', 'account', 'fields', 'phone'], { mask: 'last4' })).toBe(
      'version: 1\ntypes:\n  account:\n    fields:\n      phone: { mask: last4 }\n',
    );
  });

  it('takes an entry away with its line, and the mapping that it would leave empty', () => {
    expect(remove(demo, 'types/account/fields/employees')).toEqual([['      employees: omit'], []]);
    expect(remove(demo, 'types/dealLine/follows')).toEqual([['    follows: deal'], []]);
    expect(remove(example, 'allow/campaign.budget')[0]).toEqual([
      'allow:',
      "  campaign.budget: 'Regional managers plan on the replica; decided by the board on 12 March'",
    ]);
    expect(removeAt('types:\n  a:\n    fields: { x: omit }\n', ['types', 'a', 'fields', 'x'])).toBe(
      'types:\n  a:\n',
    );
    expect(removeAt('types:\n  a: { follows: b }\n', ['types', 'a'])).toBe('types: {}\n');
    expect(removeAt(demo, ['types', 'nobody'])).toBe(demo);
  });

  it.each([
    ['demo', demo],
    ['example', example],
  ])(
    'says what was meant at every place of the %s policy, and keeps every comment elsewhere',
    (_name, text) => {
      const paths = leavesOf(parse(text) as Value);
      expect(paths.length).toBeGreaterThan(20);
      const comments = (words: string) => words.match(/^ *#.*$/gm) ?? [];
      for (const path of paths) {
        const changed = setAt(text, path, 'changed, once: "more"');
        expect(isEqual(parse(changed), withValue(parse(text) as Value, path, 'changed, once: "more"'))).toBe(
          true,
        );
        expect(comments(changed)).toEqual(comments(text));
        expect(difference(text, changed)[1].length).toBeLessThanOrEqual(1);
        const removed = removeAt(text, path);
        expect(readPolicy(removed).ok).toBe(true);
        // of what says nothing any more the comments may go with it
        expect(comments(text)).toEqual(expect.arrayContaining(comments(removed)));
      }
    },
  );

  it('writes a document anew rather than say something else', () => {
    const odd = '"types":\n  ? account\n  : { "fields": {"phone": omit,}, }\n# end\n';
    const changed = setAt(odd, ['types', 'account', 'fields', 'revenue'], 'omit');
    expect(parse(changed)).toEqual({ types: { account: { fields: { phone: 'omit', revenue: 'omit' } } } });
    expect(changed).toContain('# end');
    const bare = setAt(
      'types:\n  ? account\n  ? contact\nversion: 1 # one\n',
      ['types', 'account', 'follows'],
      'x',
    );
    expect(parse(bare)).toEqual({ types: { account: { follows: 'x' }, contact: null }, version: 1 });
    expect(bare).toContain('# one');
    const long = removeAt('allow:\n  a.b: |\n    for long\n  a.c: why # so\n', ['allow', 'a.b']);
    expect(parse(long)).toEqual({ allow: { 'a.c': 'why' } });
    expect(long).toContain('# so');
  });

  it('quotes what would be read as something else', () => {
    for (const value of ['yes: no', 'a, b', '7', 'null', '# no comment', '[x]', "it's", ' ', 'line\nbreak'])
      expect(parse(`[${inline(value)}]`)).toEqual([value]);
  });
});

describe('the words at a place', () => {
  it('come as they are written, at the left margin', () => {
    expect(wordsAt(demo, ['types', 'account', 'where'])).toBe('{ field: sector, op: neq, value: medical }');
    expect(wordsAt(example, ['types', 'account', 'where'])).toBe(
      'and:\n  - { field: sector, op: notIn, value: [medical, defence] }\n  - not: { field: country, op: eq, value: Utopia }',
    );
    expect(wordsAt(demo, ['types', 'product'])).toBeNull();
    expect(wordsAt(demo, ['types', 'nobody', 'where'])).toBeNull();
  });
});

describe('words that are put at a place', () => {
  const where = ['types', 'account', 'where'];

  it.each([
    '{ field: sector, op: eq, value: retail }',
    'and:\n  - { field: sector, op: eq, value: "1.10" } # so it is\n  - not: { field: country, op: empty }',
    '{ and: [\n  { field: sector, op: eq, value: retail },\n] }',
  ])('stay as they are: %j', (words) => {
    const changed = setWords(demo, where, words) ?? '';
    expect(wordsAt(changed, where)).toBe(words);
    expect(parse(changed)).toMatchObject({ types: { account: { where: parse(words) as object } } });
    const fresh = setWords(demo, ['types', 'product', 'where'], words) ?? '';
    expect(wordsAt(fresh, ['types', 'product', 'where'])).toBe(words);
    expect(readPolicy(fresh).ok).toBe(true);
  });

  it('change nothing while they are no YAML', () => {
    for (const words of ['{ field: sector', '', 'a: b: c']) expect(setWords(demo, where, words)).toBeNull();
  });
});

describe('a text that the form cannot show', () => {
  it.each([
    ['version: 1\ntypes:\n  account: { fields: {\n', 4],
    ['version: 1\ntypes: [account]\n', 2],
    ['version: 1\ntypes:\n  account:\n    fields: phone\n', 4],
    ['version: 1\na: &x 1\ntypes: *x\n', 2],
    ['types:\n  a:\n  a:\n', 2],
    ['', 1],
  ])('%j: says in which line', (text, line) => {
    expect(readPolicy(text)).toMatchObject({ ok: false, line });
  });
});

function leavesOf(value: Value, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function withValue(value: Value, [key, ...rest]: readonly string[], put: Value): Value {
  if (key === undefined) return put;
  const tree = value as Record<string, Value>;
  return { ...tree, [key]: withValue(tree[key] ?? null, rest, put) };
}
