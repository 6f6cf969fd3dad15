import { InvalidInput, type FieldProblem } from '../../platform/errors/index.js';
import type { TypeView } from '../view/type-view.js';

/** Collects what is wrong with a request, so that the caller hears all of it at once. */
export class QueryProblems {
  readonly found: FieldProblem[] = [];

  add(path: string, message: string): void {
    if (this.found.length < 50) this.found.push({ path, message });
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw new InvalidInput(this.found);
  }
}

/** `is not a field of deal; did you mean "closeDate"?` Hidden fields are answered like ones that never were. */
export function unknownField(view: TypeView, path: string): string {
  const close = nearest(path, view.paths());
  const hint = close ? `; did you mean ${JSON.stringify(close)}?` : '';
  return `${JSON.stringify(path.slice(0, 100))} is not a field of ${view.type.name}${hint}`;
}

function nearest(wanted: string, known: readonly string[]): string | undefined {
  if (wanted.length > 60) return undefined;
  const lower = wanted.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(lower, name.toLowerCase());
    if (distance <= Math.max(1, Math.floor(name.length / 4)) && distance < (best?.distance ?? Infinity))
      best = { name, distance };
  }
  return best?.name;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
