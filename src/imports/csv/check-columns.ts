import { columnsOf, type Mapping } from '../mapping/mapping.js';
import { isErrorColumn } from '../run/row-error-file.js';
import type { StructureProblem } from './structure.errors.js';

const likelyDelimiters = [',', ';', '\t', '|'];

/** What is wrong between the columns that a file has and those that the mapping speaks of. */
export function checkColumns(header: readonly string[], mapping: Mapping): StructureProblem[] {
  const used = columnsOf(mapping);
  const missing = [...used].filter((column) => !header.includes(column));
  const other = likelyDelimiters.find(
    (delimiter) =>
      delimiter !== mapping.format.delimiter && header.length === 1 && header[0]?.includes(delimiter),
  );
  if (missing.length > 0 && other !== undefined) {
    return [
      {
        line: 1,
        message: `the header is one column long; is the delimiter ${JSON.stringify(other)} rather than ${JSON.stringify(mapping.format.delimiter)}?`,
      },
    ];
  }
  const unknown = header.filter(
    (column) => !used.has(column) && !mapping.ignore.includes(column) && !isErrorColumn(column),
  );
  return [
    ...missing.map((column) => ({
      line: 1,
      column,
      message: `the file has no column "${column}"; it has ${header.map((name) => `"${name}"`).join(', ')}`,
    })),
    ...unknown.map((column) => ({
      line: 1,
      column,
      message: `the mapping says nothing of the column "${column}"; map it or list it under ignore`,
    })),
  ];
}
