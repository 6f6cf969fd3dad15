import { machineLine } from './machine.mjs';

/** 1234.5 → 1,235; 0.1234 → 0.123 */
export function figure(value) {
  if (typeof value !== 'number' || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A Markdown table, padded as Prettier would. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [
    line(cells[0]),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...cells.slice(1).map(line),
  ].join('\n');
}

const verdict = ({ ratio, value, aim, isUpperBound }) => {
  if (aim === undefined) return '';
  const measured = ratio ?? value;
  return (isUpperBound ? measured <= aim : measured >= aim) ? 'met' : 'missed';
};

/**
 * @param report `{ bench, machine, settings, results, notes }`; a result is
 * `{ what, unit, ours, peer, ratio, aim, isUpperBound, details }`
 */
export function markdown({ title, machine, settings, results, notes = [] }) {
  const rows = results.map((result) => [
    result.what,
    `${figure(result.ours)} ${result.unit}`,
    result.peer === undefined ? '' : `${figure(result.peer)} ${result.unit}`,
    result.ratio === undefined ? '' : figure(result.ratio),
    result.aim === undefined ? '' : `${result.isUpperBound ? '<' : '≥'} ${result.aim}`,
    verdict({ value: result.ours, ...result }),
  ]);
  const columns = detailColumns(results);
  const details = results
    .filter((result) => result.details)
    .map((result) => detailRows(result, columns))
    .flat();
  return [
    `### ${title}`,
    '',
    `${machineLine(machine)}; ${settings}.`,
    '',
    table(['what', 'Holdfast', 'peer', 'ratio', 'aim', ''], rows),
    ...(details.length > 0 ? ['', table(['', ...columns], details)] : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
    '',
  ].join('\n');
}

function detailColumns(results) {
  const sides = results.flatMap(({ details }) => Object.values(details ?? {}));
  return [...new Set(sides.flatMap((side) => Object.keys(side)))];
}

function detailRows({ what, details }, columns) {
  return Object.entries(details).map(([side, values]) => [
    `${what}: ${side}`,
    ...columns.map((column) =>
      typeof values[column] === 'string' ? values[column] : figure(values[column]),
    ),
  ]);
}
