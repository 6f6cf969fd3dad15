import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { inspectFile, readRows, type CsvFormat } from '../../../src/imports/csv/csv-source.js';
import { FileStructureError } from '../../../src/imports/csv/structure.errors.js';
import { makeTempFolder } from '../../support/index.js';

const format: CsvFormat = { delimiter: ',', encoding: 'utf-8', shortRows: 'refuse' };
let folder: string;

beforeAll(async () => {
  folder = await makeTempFolder('csv');
});

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
  await writeFile(path, content);
  return path;
}

async function problemsOf(
  content: string | Buffer,
  given: Partial<CsvFormat> = {},
): Promise<FileStructureError['problems']> {
  const path = await fileOf(content);
  const error: unknown = await inspectFile(path, { ...format, ...given }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(FileStructureError);
  return (error as FileStructureError).problems;
}

describe('a CSV file', () => {
  it('tells each row the line it begins on, also after a value of several lines', async () => {
    const path = await fileOf('a,b\r\n1,"one\r\ntwo"\r\n3,4\r\n');
    const rows = [];
    for await (const row of readRows(path, format)) rows.push(row);
    expect(rows).toEqual([
      { line: 2, index: 0, values: { a: '1', b: 'one\r\ntwo' } },
      { line: 4, index: 1, values: { a: '3', b: '4' } },
    ]);
  });

  it('may begin with a byte order mark', async () => {
    const path = await fileOf('\ufeffname\nÅsa\n');
    expect(await inspectFile(path, format)).toEqual({ header: ['name'], rows: 1 });
  });

  it('is read in the encoding that the mapping names', async () => {
    const path = await fileOf(Buffer.from([0x6e, 0x0a, 0xe4, 0x0a]));
    const rows = [];
    for await (const row of readRows(path, { ...format, encoding: 'windows-1252' }))
      rows.push(row.values['n']);
    expect(rows).toEqual(['ä']);
  });

  it('is refused with the line of a byte that is not in its encoding', async () => {
    const bytes = Buffer.concat([Buffer.from('name\nfine\nb'), Buffer.from([0xe4]), Buffer.from('d\n')]);
    expect(await problemsOf(bytes)).toEqual([
      { line: 3, message: expect.stringContaining('not valid utf-8') },
    ]);
  });

  it('is refused with the line of a NUL', async () => {
    expect(await problemsOf('name\nok\nb\0d\n')).toEqual([
      { line: 3, message: expect.stringContaining('NUL') },
    ]);
  });

  it('is refused with the line that is ten megabytes long', async () => {
    const long = Buffer.concat([
      Buffer.from('name\nshort\n'),
      Buffer.alloc(10 * 1024 * 1024, 0x78),
      Buffer.from('\n'),
    ]);
    expect(await problemsOf(long)).toEqual([{ line: 3, message: expect.stringContaining('longer than') }]);
  });

  it('is refused where a quote is never closed', async () => {
    const problems = await problemsOf('a,b\n1,2\n3,"never closed\n4,5\n');
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('never closed');
  });

  it('is refused with every row of the wrong length', async () => {
    expect(await problemsOf('a,b\n1,2\n3\n4,5,6\n')).toEqual([
      { line: 3, message: 'the row has 1 values, the header names 2 columns' },
      { line: 4, message: 'the row has 3 values, the header names 2 columns' },
    ]);
  });

  it('may have rows that end early where the mapping says so, but none that go on', async () => {
    const path = await fileOf('a,b\n1\n');
    expect(await inspectFile(path, { ...format, shortRows: 'fill' })).toEqual({
      header: ['a', 'b'],
      rows: 1,
    });
    expect(await problemsOf('a,b\n1,2,3\n', { shortRows: 'fill' })).toHaveLength(1);
  });

  it('needs a header, with each column named once', async () => {
    expect(await problemsOf('')).toEqual([{ line: 1, message: expect.stringContaining('empty') }]);
    expect(await problemsOf('a,,a\n')).toEqual([
      { line: 1, message: 'column 2 has no name' },
      { line: 1, column: 'a', message: 'the column "a" stands twice' },
    ]);
  });
});
