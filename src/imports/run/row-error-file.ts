import { open, rm, truncate, type FileHandle } from 'node:fs/promises';
import type { CsvRow } from '../csv/csv-source.js';
import type { RowProblem } from '../mapping/convert-row.js';

/** Columns that an error file has on top of the row's own; a mapping passes over them, so the file can be mended and imported. */
export const errorColumns = ['_line', '_error'] as const;

/** Says that the file is UTF-8, whatever encoding the mapping names for the original. */
const byteOrderMark = '\ufeff';

/** A CSV of the rows that failed, each with its line in the original and the reason; the same mapping reads it. */
export class RowErrorFile {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private length: number,
    private readonly header: readonly string[],
    private readonly delimiter: string,
  ) {}

  /** @param bytes what was on record when the last chunk was committed; anything after it is cut off */
  static async open(
    path: string,
    header: readonly string[],
    delimiter: string,
    bytes: number,
  ): Promise<RowErrorFile> {
    const handle = await open(path, 'a', 0o600);
    await truncate(path, bytes);
    return new RowErrorFile(
      path,
      handle,
      bytes,
      header.filter((name) => !isErrorColumn(name)),
      delimiter,
    );
  }

  get bytes(): number {
    return this.length;
  }

  async write(failures: readonly { row: CsvRow; problems: readonly RowProblem[] }[]): Promise<void> {
    if (failures.length === 0) return;
    const lines = this.length === 0 ? [byteOrderMark + this.line([...errorColumns, ...this.header])] : [];
    for (const { row, problems } of failures) {
      const reason = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
      lines.push(this.line([String(row.line), reason, ...this.header.map((name) => row.values[name] ?? '')]));
    }
    const text = Buffer.from(lines.join(''), 'utf8');
    await this.handle.write(text);
    // on the disk before the transaction that says how long the file is
    await this.handle.datasync();
    this.length += text.length;
  }

  /** Leaves no file where no row failed. */
  async close(): Promise<void> {
    await this.handle.close();
    if (this.length === 0) await rm(this.path, { force: true });
  }

  private line(values: readonly string[]): string {
    const isPlain = (value: string): boolean => !/["\r\n]/.test(value) && !value.includes(this.delimiter);
    const written = values.map((value) => (isPlain(value) ? value : `"${value.replaceAll('"', '""')}"`));
    return `${written.join(this.delimiter)}\n`;
  }
}

export function isErrorColumn(name: string): boolean {
  return errorColumns.some((column) => column === name);
}
