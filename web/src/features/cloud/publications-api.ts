import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { request } from '../../api/http.js';

/** One batch that left. */
export interface PublishedBatch {
  generation: number;
  n: number;
  kind: 'snapshot' | 'delta';
  policyVersion: number;
  publishedAt: string;
  bytes: number;
  types: { type: string; upserts: number; deletes: number }[];
  /** how many */
  objects: number;
}
export interface PublishedObject {
  name: string;
  bytes: number;
  sha256: string;
}
/** The time and the policy are null where the batch is older than batches are kept. */
export interface PublicationPlace {
  generation: number;
  n: number;
  publishedAt: string | null;
  policyVersion: number | null;
}
export interface RecordPublication {
  isPublished: boolean;
  /** null: it never left */
  first: PublicationPlace | null;
  last: PublicationPlace | null;
  withdrawn: PublicationPlace | null;
  columns: string[];
  treatments: { field: string; as: string }[];
}
export interface PublicationFilter {
  /** empty: of every type */
  type: string;
  /** a moment in UTC; empty: from the beginning */
  since: string;
}
interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

const pageSize = 10;
const objectsPerPage = 200;

export function usePublications({ type, since }: PublicationFilter) {
  return useInfiniteQuery({
    queryKey: ['cloud', 'publications', type, since],
    queryFn: async ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(pageSize) });
      if (type !== '') query.set('type', type);
      if (since !== '') query.set('since', since);
      if (pageParam !== null) query.set('cursor', pageParam);
      return (await request<Page<PublishedBatch>>(`/cloud/publications?${query.toString()}`, { signal }))
        .body;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    staleTime: 0,
  });
}

/** The objects of a batch never change, so they are asked for once. */
export function usePublishedObjects({ generation, n, objects }: PublishedBatch) {
  return useInfiniteQuery({
    queryKey: ['cloud', 'published-objects', generation, n],
    queryFn: async ({ pageParam, signal }) => {
      const page = `limit=${String(objectsPerPage)}&offset=${String(pageParam)}`;
      const path = `/cloud/publications/${String(generation)}/${String(n)}/objects?${page}`;
      return (await request<{ data: PublishedObject[] }>(path, { signal })).body.data;
    },
    initialPageParam: 0,
    getNextPageParam: (_last, pages) => {
      const seen = pages.reduce((sum, page) => sum + page.length, 0);
      return seen < objects ? seen : null;
    },
    staleTime: Infinity,
  });
}

export function useRecordPublication() {
  return useMutation({
    mutationFn: async ({ type, id }: { type: string; id: string }) => {
      const path = `/cloud/records/${encodeURIComponent(type)}/${encodeURIComponent(id)}/publication`;
      return { type, found: (await request<RecordPublication>(path)).body };
    },
  });
}
