import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const states = ['met', 'part', 'not', 'n.a.'];
const maxReasonLength = 120;
const row = /^\|\s*(\d+\.\d+\.\d+)\s*\|([^|]*)\|([^|]*)\|$/gm;
/** A path below one of our folders, or the name of a file beside them. */
const path =
  /(?<![\w./-])(?:(?:bench|bin|config|connector|docs|migrations|scripts|src|test|web)\/[\w./-]*[\w/]|[\w.-]+\.(?:json|md|mjs|tsx?|yaml))(?![\w-])/g;

const pathsIn = (text: string) => text.match(path) ?? [];

function problemsOfRow([, number = '', state = '', reason = '']: readonly string[]): string[] {
  const isShort = reason.trim() !== '' && reason.trim().length < maxReasonLength;
  return [
    ...(states.includes(state.trim()) ? [] : [`${number}: "${state.trim()}" is no state`]),
    ...(isShort ? [] : [`${number}: the reason is missing or long`]),
    ...(state.trim() !== 'met' || pathsIn(reason).length > 0 ? [] : [`${number}: met, and nothing shows it`]),
  ];
}

function problemsOf(page: string, numbers: readonly string[]): string[] {
  const rows = [...page.matchAll(row)];
  const given = rows.map(([, number = '']) => number);
  return [
    ...numbers.filter((number) => !given.includes(number)).map((number) => `${number}: no row`),
    ...given.filter((number) => !numbers.includes(number)).map((number) => `${number}: no requirement`),
    ...given.filter((number, at) => given.indexOf(number) !== at).map((number) => `${number}: twice`),
    ...rows.flatMap(problemsOfRow),
    ...pathsIn(page)
      .filter((each) => !existsSync(join(root, each)))
      .map((each) => `${each}: not there`),
  ];
}

const page = read('docs/security.md');
const lines = read('test/fixtures/asvs-5.0-numbers.txt').trimEnd().split('\n');
const numbers = lines.map((line) => line.split(' ', 1)[0] ?? '');

describe('the table of requirements in docs/security.md', () => {
  it('knows each requirement of levels 1 and 2 by its number', () => {
    expect(lines.filter((line) => !/^\d+\.\d+\.\d+ L[12]$/.test(line))).toEqual([]);
    expect(new Set(numbers).size).toBe(253);
  });

  it('has each once, in a known state, with a reason or with what shows it, and names nothing that is not there', () => {
    expect(problemsOf(page, numbers)).toEqual([]);
  });

  const good = '| 1.1.1 | met | `test/tooling/security-table.spec.ts` |';
  it.each([
    ['a requirement without a row', '', '1.1.1: no row'],
    ['a requirement with two rows', `${good}\n${good}`, '1.1.1: twice'],
    ['a row of no requirement', `${good}\n| 9.9.9 | not | nothing |`, '9.9.9: no requirement'],
    ['another state', '| 1.1.1 | mostly | nothing |', '1.1.1: "mostly" is no state'],
    ['no reason', '| 1.1.1 | not |  |', '1.1.1: the reason is missing or long'],
    ['a long reason', `| 1.1.1 | not | ${'x'.repeat(120)} |`, '1.1.1: the reason is missing or long'],
    ['what nothing shows', '| 1.1.1 | met | surely |', '1.1.1: met, and nothing shows it'],
    ['a file that is not there', '| 1.1.1 | met | `src/none.ts` |', 'src/none.ts: not there'],
    ['a file without its folder', '| 1.1.1 | met | main.ts |', 'main.ts: not there'],
    ['a folder that is not there', '| 1.1.1 | part | `web/none/` |', 'web/none/: not there'],
  ])('refuses %s', (_what, text, problem) => {
    expect(problemsOf(text, ['1.1.1'])).toEqual([problem]);
    expect(problemsOf(good, ['1.1.1'])).toEqual([]);
  });
});
