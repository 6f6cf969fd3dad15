import { malformed } from './format.errors.js';
import { FIRST_N } from './limits.js';

/** A place in the sequence of states: generations first, then numbers. */
export interface Position {
  generation: number;
  n: number;
}

/** Negative where `a` is older than `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.generation - b.generation || a.n - b.n;
}

/**
 * `"3.120"`: what a fresh replica is told out of band, so that a bucket set back to last week is not believed.
 * @throws FormatError
 */
export function parseFloor(text: string): Position {
  const match = /^([1-9][0-9]{0,7})\.([1-9][0-9]{0,9})$/.exec(text);
  const [generation, n] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || n < FIRST_N) throw malformed('floor: expected <generation>.<n>, e.g. 3.120');
  return { generation, n };
}

export function formatPosition({ generation, n }: Position): string {
  return `${String(generation)}.${String(n)}`;
}
