import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from '../../api/http.js';

export interface SearchHit {
  type: string;
  id: string;
  title: string | null;
  subtitle: string | null;
  /** where the words were found, if not in the title */
  matched?: { field: string; snippet: string } | null;
  rank: number;
}

const shortestQuery = 2;

/** The value as it was when nothing changed for a while. */
export function useSettled(value: string, waitMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(setSettled, waitMs, value);
    return () => {
      clearTimeout(timer);
    };
  }, [value, waitMs]);
  return settled;
}

/** Searches every type, or those named. A question that is overtaken by the next one is broken off. */
export function useSearch(q: string, limit: number, types: readonly string[] = []) {
  const isWanted = q.length >= shortestQuery;
  const answer = useQuery({
    queryKey: ['search', q, limit, types],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ q, limit: String(limit) });
      if (types.length > 0) query.set('types', types.join(','));
      return (await request<{ data: SearchHit[] }>(`/search?${query.toString()}`, { signal })).body.data;
    },
    enabled: isWanted,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
  return { ...answer, hits: isWanted ? (answer.data ?? []) : [] };
}
