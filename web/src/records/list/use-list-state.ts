// What a list shows is in the address, so that it can be sent, bookmarked and gone back to.
import { useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import type { Condition, Facets, ListFilter } from './list-filter.js';

export interface ListState extends ListFilter {
  q: string;
  sort: string;
  cursor: string | undefined;
  /** 1 for the first page; unknown (0) where somebody opened a page in the middle by its address */
  page: number;
}

export interface ListControls {
  state: ListState;
  isFiltered: boolean;
  set: (change: Partial<Pick<ListState, 'q' | 'sort' | 'facets' | 'conditions' | 'match'>>) => void;
  next: (cursor: string) => void;
  previous: () => void;
  first: () => void;
}

function parsed<T>(text: string | null, fallback: T): T {
  if (text === null) return fallback;
  try {
    return JSON.parse(text) as T;
  } catch {
    // an address cut short on its way here: show the list without that filter
    return fallback;
  }
}

function readState(params: URLSearchParams, stack: string[], defaultSort: string): ListState {
  const cursor = params.get('cursor') ?? undefined;
  return {
    q: params.get('q') ?? '',
    sort: params.get('sort') ?? defaultSort,
    facets: parsed<Facets>(params.get('f'), {}),
    conditions: parsed<Condition[]>(params.get('where'), []),
    match: params.get('match') === 'any' ? 'any' : 'all',
    cursor,
    page: cursor === undefined ? 1 : stack.length > 0 ? stack.length + 1 : 0,
  };
}

type Shown = Pick<ListState, 'q' | 'sort' | 'facets' | 'conditions' | 'match'>;

/** The address of a list in this state; the order is left out where it is the usual one. */
export function searchOf(state: Shown, defaultSort = ''): URLSearchParams {
  const params = new URLSearchParams();
  const facets = Object.fromEntries(Object.entries(state.facets).filter(([, values]) => values.length > 0));
  if (state.q) params.set('q', state.q);
  if (state.sort !== defaultSort) params.set('sort', state.sort);
  if (Object.keys(facets).length > 0) params.set('f', JSON.stringify(facets));
  if (state.conditions.length > 0) params.set('where', JSON.stringify(state.conditions));
  if (state.match === 'any') params.set('match', 'any');
  return params;
}

/** Cursors only lead forward, so the way back is kept in the history entry: it survives a reload. */
export function useListState(defaultSort: string): ListControls {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const stack = useMemo(() => {
    const kept = (location.state as { stack?: string[] } | null)?.stack;
    return kept ?? [];
  }, [location.state]);
  return useMemo(() => {
    const state = readState(params, stack, defaultSort);
    const turn = (cursor: string | undefined, nextStack: string[]) => {
      const next = new URLSearchParams(params);
      if (cursor) next.set('cursor', cursor);
      else next.delete('cursor');
      void navigate({ search: next.toString() }, { state: { stack: nextStack } });
    };
    return {
      state,
      isFiltered:
        state.q !== '' ||
        state.conditions.length > 0 ||
        Object.values(state.facets).some((values) => values.length > 0),
      set: (change) => {
        const next = searchOf({ ...state, ...change }, defaultSort);
        const pipeline = params.get('pipeline');
        if (pipeline) next.set('pipeline', pipeline);
        setParams(next, { replace: change.q !== undefined });
      },
      next: (cursor) => {
        turn(cursor, [...stack, state.cursor ?? '']);
      },
      previous: () => {
        turn(stack.at(-1) === '' ? undefined : stack.at(-1), stack.slice(0, -1));
      },
      first: () => {
        turn(undefined, []);
      },
    };
  }, [params, stack, defaultSort, navigate, setParams]);
}
