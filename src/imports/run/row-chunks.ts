import { readRows, type CsvRow } from '../csv/csv-source.js';
import { rowConverter, type ConvertedRow } from '../mapping/convert-row.js';
import type { Mapping } from '../mapping/mapping.js';
import { SeenTexts } from './seen-texts.js';

const chunkRows = 500;

export interface Chunk {
  readonly rows: ConvertedRow[];
  /** rows that `distinct` passed over */
  readonly skipped: number;
  /** how many data rows of the file are dealt with once this chunk is */
  readonly end: number;
}

/**
 * Converted rows from `from` on, the same chunks each time. `distinct` and keys look at the whole file, so the rows before
 * `from` are read too. The second row of a key is an error of the file, not a change of the first.
 */
export async function* chunksOf(path: string, mapping: Mapping, from: number): AsyncGenerator<Chunk> {
  const { convert, keyOf } = rowConverter(mapping);
  const isWanted = distinctFilter(mapping);
  const keys = new SeenTexts();
  let rows: ConvertedRow[] = [];
  let skipped = 0;
  let end = from;
  for await (const row of readRows(path, mapping.format)) {
    const wanted = isWanted(row);
    const key = wanted ? keyOf(row) : null;
    const isRepeated = key !== null && !keys.add(key);
    if (row.index < from) continue;
    if (wanted) rows.push(isRepeated ? repeated(convert(row), mapping.key) : convert(row));
    else skipped += 1;
    end = row.index + 1;
    if (end % chunkRows !== 0) continue;
    yield { rows, skipped, end };
    rows = [];
    skipped = 0;
  }
  if (rows.length > 0 || skipped > 0) yield { rows, skipped, end };
}

function repeated(row: ConvertedRow, field: string): ConvertedRow {
  row.problems.push({ field, message: `"${row.key ?? ''}" stands twice in the file` });
  return row;
}

function distinctFilter({ distinct }: Mapping): (row: CsvRow) => boolean {
  if (distinct === undefined) return () => true;
  const seen = new SeenTexts();
  return (row) => seen.add(row.values[distinct] ?? '');
}
