import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { request } from '../../api/http.js';

export const lagWindows = ['hour', 'day', 'week'] as const;
export type LagWindow = (typeof lagWindows)[number];

export interface ReplicaLag {
  name: string;
  /** the greatest lag of each step, the oldest first; a step in which nobody looked is missing */
  points: { at: string; lagMs: number }[];
}
export interface ReplicaLags {
  /** where the first step begins */
  from: string;
  stepMs: number;
  steps: number;
  data: ReplicaLag[];
  nextCursor: string | null;
}

const everyMs = 20_000;

export function useReplicaLags(window: LagWindow) {
  return useInfiniteQuery({
    queryKey: ['cloud', 'replica-lags', window],
    queryFn: async ({ pageParam, signal }) => {
      const query = new URLSearchParams({ window, limit: '50' });
      if (pageParam !== null) query.set('cursor', pageParam);
      return (await request<ReplicaLags>(`/cloud/replicas/lags?${query.toString()}`, { signal })).body;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
    staleTime: 0,
  });
}
