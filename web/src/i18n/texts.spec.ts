import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTexts, locales, type TextTree } from './texts.js';

const sources = join(process.cwd(), 'web/src');
const read = (locale: string): TextTree =>
  JSON.parse(readFileSync(join(sources, 'i18n', `${locale}.json`), 'utf8')) as TextTree;
const trees = Object.fromEntries(locales.map((locale) => [locale, read(locale)]));

/** Every path to a text; the plural forms of a text are one path. */
function pathsOf(tree: TextTree, prefix = ''): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const [key, node] of Object.entries(tree)) {
    const path = `${prefix}${key}`;
    if (typeof node === 'string') paths.set(path, [node]);
    else if ('other' in node && 'one' in node) paths.set(path, Object.values(node) as string[]);
    else for (const [inner, texts] of pathsOf(node, `${path}.`)) paths.set(inner, texts);
  }
  return paths;
}

const placeholders = (texts: string[]) =>
  [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

const code = (readdirSync(sources, { recursive: true }) as string[])
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.spec.ts'))
  .map((file) => readFileSync(join(sources, file), 'utf8'))
  .join('\n');

describe('texts', () => {
  const english = pathsOf(trees['en'] ?? {});

  it.each(['de', 'fr'])(
    'say everything in %s that they say in English, with the same placeholders',
    (locale) => {
      const other = pathsOf(trees[locale] ?? {});
      expect([...other.keys()].sort()).toEqual([...english.keys()].sort());
      for (const [path, texts] of english)
        expect([path, placeholders(other.get(path) ?? [])]).toEqual([path, placeholders(texts)]);
    },
  );

  it('hold every text that the code asks for by its full name', () => {
    const asked = [...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '');
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => !english.has(key))).toEqual([]);
  });

  it('choose the plural form and write numbers as the language does', () => {
    const german = createTexts('de', trees['de'] ?? {});
    expect(german.t('cloud.changes', { count: 1 })).toBe('1 Änderung');
    expect(german.t('cloud.changes', { count: 1234 })).toBe('1.234 Änderungen');
  });

  it('leave an unknown key visible instead of an empty space', () => {
    expect(createTexts('en', {}).t('no.such.text')).toBe('no.such.text');
  });
});
