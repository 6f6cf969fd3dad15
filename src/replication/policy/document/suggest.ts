/** The known name closest to what was written, or null where nothing is close enough to be worth proposing. */
export function suggest(written: string, known: Iterable<string>): string | null {
  const wanted = written.toLowerCase();
  const allowed = Math.max(1, Math.floor(written.length / 3));
  let best: { name: string; distance: number } | null = null;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const isPart = wanted.length > 3 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
    const distance = isPart ? 1 : editDistance(wanted, candidate, allowed);
    if (distance <= allowed && (best === null || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
}

/**
 * Edits that turn one word into the other: insert, delete, replace, swap of two neighbours (optimal string
 * alignment). Words too different in length are not compared: the answer is then `limit + 1`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (a.length > 100 || Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, at(previous, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, at(beforePrevious, j - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
