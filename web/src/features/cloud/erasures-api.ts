import { useInfiniteQuery } from '@tanstack/react-query';
import { request } from '../../api/http.js';

export const erasureStates = ['waiting', 'rewriting', 'purging', 'receipted', 'acknowledged'] as const;

export interface Erasure {
  id: string;
  sequence: number;
  subject: { type: string; id: string };
  reason: string;
  urgent: boolean;
  requestedAt: string;
  /** how many rows of each type went */
  erased: Record<string, number>;
  state: (typeof erasureStates)[number];
  /** whose receipt tells of it */
  generation: number | null;
}
export interface ListedReceipt {
  generation: number;
  reason: string;
  madeAt: string;
  /** every replica has acknowledged it and destroyed the older keys */
  isFinal: boolean;
  erasures: number;
}
interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

const pageSize = 10;
/** An erasure goes through its states within minutes while somebody watches. */
const refreshEveryMs = 5000;

function usePages<T>(what: string, path: string) {
  return useInfiniteQuery({
    queryKey: ['cloud', what],
    queryFn: async ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(pageSize) });
      if (pageParam !== null) query.set('cursor', pageParam);
      return (await request<Page<T>>(`${path}?${query.toString()}`, { signal })).body;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: refreshEveryMs,
    staleTime: 0,
  });
}

export const useErasures = () => usePages<Erasure>('erasures', '/erasures');
export const useReceipts = () => usePages<ListedReceipt>('receipts', '/cloud/receipts');

/** The signed bytes, as they lie in the bucket: what `holdfast verify-receipt` takes. */
export async function receiptFile(generation: number): Promise<File> {
  const path = `/cloud/receipts/${String(generation)}`;
  const { envelope } = (await request<{ envelope: string }>(path)).body;
  const bytes = Uint8Array.from(atob(envelope), (character) => character.charCodeAt(0));
  return new File([bytes], `receipt-${String(generation)}.json`, { type: 'application/json' });
}
