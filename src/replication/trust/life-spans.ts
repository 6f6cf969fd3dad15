import type { TrustRoot } from '../format/index.js';

/** From which root on something was listed, and which root no longer listed it. */
export interface LifeSpan {
  since: number;
  /** null: the newest root lists it */
  until: number | null;
}

export interface EnrolledReplica extends LifeSpan {
  name: string;
  key: string;
  recipient: string;
}

export interface KeySpan extends LifeSpan {
  key: string;
}

/** Every replica that any of these roots has named, one entry per key, in the order in which they came. */
export function replicasOf(history: readonly TrustRoot[]): EnrolledReplica[] {
  const spans = spansOf(history, (root) => root.replicas.map((replica) => [replica.key, replica] as const));
  return spans.map(({ item, since, until }) => ({ ...item, since, until }));
}

export function manifestKeysOf(history: readonly TrustRoot[]): KeySpan[] {
  return keysOf(history, (root) => root.manifestKeys);
}

export function rootKeysOf(history: readonly TrustRoot[]): KeySpan[] {
  return keysOf(history, (root) => root.rootKeys.keys);
}

function keysOf(history: readonly TrustRoot[], listed: (root: TrustRoot) => string[]): KeySpan[] {
  const spans = spansOf(history, (root) => listed(root).map((key) => [key, key] as const));
  return spans.map(({ item: key, since, until }) => ({ key, since, until }));
}

/** @param itemsOf what a root lists, by what tells one from another */
function spansOf<T>(
  history: readonly TrustRoot[],
  itemsOf: (root: TrustRoot) => (readonly [string, T])[],
): (LifeSpan & { item: T })[] {
  const spans = new Map<string, LifeSpan & { item: T }>();
  for (const root of history) {
    const listed = new Map(itemsOf(root));
    for (const [id, span] of spans) if (span.until === null && !listed.has(id)) span.until = root.version;
    for (const [id, item] of listed) {
      const known = spans.get(id);
      const since = known?.until === null ? known.since : root.version;
      spans.set(id, { item, since, until: null });
    }
  }
  return [...spans.values()];
}
