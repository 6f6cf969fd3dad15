import { open, truncate, type FileHandle } from 'node:fs/promises';
import type { CsvRow } from '../csv/csv-source.js';
import type { RowProblem } from '../mapping/convert-row.js';

/** Columns that an error file has on top of the row's own; a mapping passes over them, so the file can be mended and imported. */
export const errorColumns = ['_line', '_error'] as const;

/** A CSV of the rows that failed, each with its line in the original and the reason. */
export class RowErrorFile {
  private constructor(
    private readonly handle: FileHandle,
    private length: number,
    private readonly header: readonly string[],
  ) {}

  /** @param bytes what was on record when the last chunk was committed; anything after it is cut off */
  static async open(path: string, header: readonly string[], bytes: number): Promise<RowErrorFile> {
    const handle = await open(path, 'a', 0o600);
    await truncate(path, bytes);
    return new RowErrorFile(
      handle,
      bytes,
      header.filter((name) => !isErrorColumn(name)),
    );
  }

  get bytes(): number {
    return this.length;
  }

  async write(failures: readonly { row: CsvRow; problems: readonly RowProblem[] }[]): Promise<void> {
    if (failures.length === 0) return;
    const lines = this.length === 0 ? [csvLine([...errorColumns, ...this.header])] : [];
    for (const { row, problems } of failures) {
      const reason = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
      lines.push(csvLine([String(row.line), reason, ...this.header.map((name) => row.values[name] ?? '')]));
    }
    const text = Buffer.from(lines.join(''), 'utf8');
    await this.handle.write(text);
    this.length += text.length;
  }

  async close(): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
  }
}

export function isErrorColumn(name: string): boolean {
  return errorColumns.some((column) => column === name);
}

function csvLine(values: readonly string[]): string {
  return `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')}\n`;
}
