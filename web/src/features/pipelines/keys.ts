/** A key that nobody has yet, made of a name: what imports and the API call a stage, once and for all. */
export function freeKey(name: string, taken: readonly string[]): string {
  const base =
    name
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 50) || 'stage';
  let key = base;
  for (let number = 2; taken.includes(key); number += 1) key = `${base}-${String(number)}`;
  return key;
}

interface Placed {
  id: string;
  position: number;
}

/** The new positions after one moved by a step; only those that change. */
export function moved<T extends Placed>(
  all: readonly T[],
  id: string,
  step: 1 | -1,
): { item: T; position: number }[] {
  const from = all.findIndex((each) => each.id === id);
  const to = from + step;
  const item = all[from];
  if (!item || to < 0 || to >= all.length) return [];
  const next = all.filter((each) => each.id !== id);
  next.splice(to, 0, item);
  return next.flatMap((each, index) =>
    each.position === index + 1 ? [] : [{ item: each, position: index + 1 }],
  );
}
