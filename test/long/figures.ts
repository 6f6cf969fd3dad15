import { cpus, loadavg, totalmem } from 'node:os';

/** A line for docs/test-results.md: what was measured, when, and how busy the machine was. */
export function tell(what: string, figures: Readonly<Record<string, string | number>>): void {
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, load ${load}`;
  const list = Object.entries(figures).map(([name, value]) => `${name} ${spell(value)}`);
  process.stderr.write(`${new Date().toISOString().slice(0, 16)} ${what} (${machine}): ${list.join('; ')}\n`);
}

function spell(value: string | number): string {
  if (typeof value === 'string') return value;
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** Reads a size from the environment, so that a run in small is possible. */
export function sizeOf(variable: string, whole: number): number {
  return Number(process.env[variable] ?? whole);
}

/** @param share 0.5 for the median */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
