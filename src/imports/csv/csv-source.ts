import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse, type CsvError, type Options } from 'csv-parse';
import { FileStructureError, type StructureProblem } from './structure.errors.js';
import { maxLineBytes, StrictDecoder, type Encoding } from './strict-decoder.js';

export interface CsvFormat {
  readonly delimiter: string;
  readonly encoding: Encoding;
  /** what to do with a row of fewer values than the header has columns */
  readonly shortRows: 'refuse' | 'fill';
}

export interface CsvRow {
  /** 1-based physical line where the row begins */
  readonly line: number;
  /** 0-based position among the data rows */
  readonly index: number;
  readonly values: Readonly<Record<string, string>>;
}

export interface FileShape {
  readonly header: readonly string[];
  readonly rows: number;
}

const maxProblems = 100;

/** Reads the rows of a file one at a time; memory does not grow with the file. Throws FileStructureError. */
export async function* readRows(path: string, format: CsvFormat): AsyncGenerator<CsvRow> {
  let header: readonly string[] | null = null;
  let index = 0;
  for await (const { fields, line } of readRecords(path, format)) {
    if (header === null) {
      header = checkHeader(fields);
      continue;
    }
    if (isRagged(fields, header, format)) {
      throw new FileStructureError([{ line, message: raggedRow(fields.length, header.length) }]);
    }
    const values: Record<string, string> = {};
    header.forEach((name, position) => (values[name] = fields[position] ?? ''));
    yield { line, index: index++, values };
  }
}

/** Reads the whole file once without keeping it, and reports every structural problem up to a hundred. */
export async function inspectFile(path: string, format: CsvFormat): Promise<FileShape> {
  const problems: StructureProblem[] = [];
  let header: readonly string[] | null = null;
  let rows = 0;
  for await (const { fields, line } of readRecords(path, format)) {
    if (header === null) header = checkHeader(fields);
    else if (isRagged(fields, header, format))
      problems.push({ line, message: raggedRow(fields.length, header.length) });
    else rows += 1;
    if (problems.length >= maxProblems) break;
  }
  if (header === null)
    problems.push({ line: 1, message: 'the file is empty; its first line must name the columns' });
  if (problems.length > 0) throw new FileStructureError(problems);
  return { header: header ?? [], rows };
}

interface RawRecord {
  fields: string[];
  line: number;
}

async function* readRecords(path: string, format: CsvFormat): AsyncGenerator<RawRecord> {
  const options: Options = {
    delimiter: format.delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxLineBytes,
  };
  const parser = parse(options);
  // The parser is read below; an error of any stream in the chain surfaces there, so the callback has nothing to do.
  pipeline(
    createReadStream(path, { highWaterMark: 262_144 }),
    new StrictDecoder(format.encoding),
    parser,
    () => undefined,
  );
  let lines = 0;
  let emptyLines = 0;
  try {
    for await (const item of parser as AsyncIterable<{ record: string[]; info: { empty_lines: number } }>) {
      emptyLines = item.info.empty_lines;
      yield { fields: item.record, line: 1 + lines + emptyLines };
      lines += 1 + lineBreaksIn(item.record);
    }
  } catch (error) {
    throw asStructureError(error, 1 + lines + emptyLines);
  }
}

/** Counted here, for the parser takes a CRLF inside quotes for two line ends. */
function lineBreaksIn(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + (field.includes('\n') ? field.split('\n').length - 1 : 0), 0);
}

/** @param line where the row begins that cannot be read: an open quote is noticed at the end of the file only */
function asStructureError(error: unknown, line: number): unknown {
  if (error instanceof FileStructureError) return error;
  const csv = error as CsvError;
  if (typeof csv.code !== 'string' || !csv.code.startsWith('CSV_')) return error;
  return new FileStructureError([{ line, message: explain(csv.code) }]);
}

function explain(code: string): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quoted value is never closed';
  if (code === 'CSV_INVALID_CLOSING_QUOTE') return 'a quoted value goes on after its closing quote';
  if (code === 'INVALID_OPENING_QUOTE' || code === 'CSV_INVALID_OPENING_QUOTE')
    return 'a quote stands inside an unquoted value';
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `a row is longer than ${maxLineBytes} characters; is a quote never closed?`;
  return `the row cannot be read (${code})`;
}

function isRagged(fields: readonly string[], header: readonly string[], format: CsvFormat): boolean {
  return format.shortRows === 'fill' ? fields.length > header.length : fields.length !== header.length;
}

function raggedRow(found: number, expected: number): string {
  return `the row has ${found} values, the header names ${expected} columns`;
}

function checkHeader(fields: readonly string[]): readonly string[] {
  const names = fields.map((name) => name.trim());
  const problems: StructureProblem[] = [];
  names.forEach((name, position) => {
    if (name === '') problems.push({ line: 1, message: `column ${position + 1} has no name` });
    else if (names.indexOf(name) !== position)
      problems.push({ line: 1, column: name, message: `the column "${name}" stands twice` });
  });
  if (problems.length > 0) throw new FileStructureError(problems);
  return names;
}
