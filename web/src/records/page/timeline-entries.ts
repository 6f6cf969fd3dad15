import { useInfiniteQuery } from '@tanstack/react-query';
import { request } from '../../api/http.js';
import type { CrmRecord, Page, RecordType } from '../../api/types.js';

export interface ChangedField {
  name: string;
  before?: unknown;
  after?: unknown;
}

export interface TimelineEntry {
  id: string;
  at: string;
  kind: 'activity' | 'change';
  by: { id: string | null; name: string | null } | null;
  activity?: CrmRecord;
  change?: {
    action: string;
    fields: ChangedField[];
    erased?: boolean;
    /** the file that the action is about */
    attachment?: { id: string; name: string };
  };
}

interface Answer {
  data: TimelineEntry[];
  page: Page;
}

const pageSize = 30;

/** The history of a record, the newest first. */
export function useTimeline(type: RecordType, id: string) {
  return useInfiniteQuery({
    queryKey: ['timeline', type.plural, id],
    queryFn: async ({ pageParam, signal }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : '';
      const path = `/${type.plural}/${id}/timeline?limit=${String(pageSize)}${cursor}`;
      return (await request<Answer>(path, { signal })).body;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.page.nextCursor,
    retry: false,
  });
}
