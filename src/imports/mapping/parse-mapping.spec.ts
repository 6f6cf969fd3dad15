import { describe, expect, it } from '@jest/globals';
import '../../crm/record-types.js';
import { checkColumns } from '../csv/check-columns.js';
import { InvalidMapping } from './mapping.errors.js';
import { parseMapping } from './parse-mapping.js';

const sound = 'type: account\nfields:\n  externalId: { from: id }\n  name: { from: name }\n';

function problemsOf(text: string): readonly { path: string; message: string; line?: number }[] {
  try {
    parseMapping(text);
  } catch (error) {
    if (error instanceof InvalidMapping) return error.problems;
    throw error;
  }
  return [];
}

describe('a mapping', () => {
  it('is read with its defaults', () => {
    const mapping = parseMapping(sound);
    expect(mapping).toMatchObject({
      type: 'account',
      key: 'externalId',
      onExisting: 'update',
      format: { delimiter: ',', encoding: 'utf-8' },
    });
  });

  it.each([
    ['an unknown record type', 'type: acount\nfields: { externalId: { from: id } }\n', 'type', 1],
    ['an unknown key', `${sound}colour: red\n`, 'colour', 5],
    ['a field that the type has not', `${sound}  nam: { from: x }\n`, 'fields.nam', undefined],
    ['a field that only the server sets', `${sound}  version: { from: x }\n`, 'fields.version', undefined],
    [
      'a date form that is none',
      `${sound}  yearEstablished: { from: y, date: DD-MM }\n`,
      'fields.yearEstablished.date',
      5,
    ],
    [
      'a lookup of the wrong type',
      `${sound}  parentId: { from: p, lookup: { type: contact, by: externalId } }\n`,
      'fields.parentId.lookup.type',
      undefined,
    ],
    ['a rule with two sources', `${sound}  country: { from: a, constant: b }\n`, 'fields.country', 5],
    ['a column both used and ignored', `${sound}ignore: [id]\n`, 'ignore', undefined],
  ])('refuses %s and names path and line', (_what, text, path, line) => {
    const found = problemsOf(text);
    expect(found.map((problem) => problem.path)).toContain(path);
    expect(found.find((problem) => problem.path === path)?.line).toBe(line);
  });

  it('reports every problem at once', () => {
    expect(problemsOf('type: acount\nkey: id\ncolour: red\n').map(({ path }) => path)).toEqual([
      'colour',
      'type',
      'fields',
    ]);
  });

  it('is told of columns that are missing or that nothing mentions', () => {
    const problems = checkColumns(['id', 'city'], parseMapping(sound));
    expect(problems.map(({ column }) => column)).toEqual(['name', 'city']);
  });

  it('guesses a wrong delimiter rather than complaining of every column', () => {
    expect(checkColumns(['id;name'], parseMapping(sound))).toEqual([
      { line: 1, message: expect.stringContaining('delimiter ";"') },
    ]);
  });
});
