import { createContext, useContext, useState } from 'react';
import type { PolicyFault } from '../cloud-api.js';
import { readPolicy, type Reading, type Tree } from './policy-text.js';

/** The policy that is being written, as the form works on it. */
export interface Draft {
  readonly text: string;
  readonly tree: Tree;
  /** what the server has against the text */
  readonly faults: readonly PolicyFault[];
  readonly isReadOnly: boolean;
  readonly change: (text: string) => void;
}

const DraftContext = createContext<Draft | null>(null);
export const DraftProvider = DraftContext.Provider;

export function useDraft(): Draft {
  const draft = useContext(DraftContext);
  if (!draft) throw new TypeError('a part of the policy form stands outside of it');
  return draft;
}

/** Faults at a place of the document, or inside of it. */
export const faultsAt = (faults: readonly PolicyFault[], place: string): PolicyFault[] =>
  faults.filter(({ path }) => path === place || path.startsWith(`${place}.`));

/** What the text says now, and what it said when it could last be read. */
export function useReading(text: string): { now: Reading; last: { text: string; tree: Tree } | null } {
  const [seen, setSeen] = useState(() => ({ text, now: readPolicy(text) }));
  const [last, setLast] = useState(() => (seen.now.ok ? { text, tree: seen.now.tree } : null));
  if (seen.text === text) return { now: seen.now, last };
  const now = readPolicy(text);
  setSeen({ text, now });
  if (!now.ok) return { now, last };
  setLast({ text, tree: now.tree });
  return { now, last: { text, tree: now.tree } };
}
