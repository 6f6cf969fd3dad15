import { useInfiniteQuery } from '@tanstack/react-query';
import { listQuery } from '../../../api/data-provider.js';
import { request } from '../../../api/http.js';
import { useRecordType } from '../../../api/record-types.js';
import type { CrmRecord, FilterNode, Page } from '../../../api/types.js';
import { rememberRecords } from '../../../records/seen-records.js';
import type { ColumnPage } from './board-pages.js';

/** What all columns of a board have in common. */
export interface BoardQuery {
  pipelineId: string;
  filter: FilterNode | undefined;
  q: string;
  sort: string;
}

const pageSize = 25;
const mostSteps = 200;
const columnsKey = 'board-column';

export const columnKey = (query: BoardQuery, stage: string) => [columnsKey, query, stage] as const;
export const isColumnKey = (key: readonly unknown[]): boolean => key[0] === columnsKey;

export function stageFilter({ pipelineId, filter }: BoardQuery, stage: string): FilterNode {
  const place: FilterNode[] = [
    { field: 'pipelineId', op: 'eq', value: pipelineId },
    { field: 'stage', op: 'eq', value: stage },
  ];
  return { and: filter ? [...place, filter] : place };
}

/** The open tasks about these deals, the one due first at the front. */
async function openTasks(dealIds: string[], signal: AbortSignal): Promise<CrmRecord[]> {
  const filter: FilterNode = {
    and: [
      { field: 'kind', op: 'eq', value: 'task' },
      { field: 'done', op: 'eq', value: false },
      { field: 'dealId', op: 'in', value: dealIds },
    ],
  };
  const meta = { filter, sort: 'dueAt', fields: ['id', 'subject', 'dueAt', 'dealId'] };
  const path = `/activities?${listQuery(meta, mostSteps)}`;
  return (await request<{ data: CrmRecord[] }>(path, { signal })).body.data;
}

/** Puts the task that is due first beside each deal, as `nextStep`. */
async function withNextSteps(deals: CrmRecord[], signal: AbortSignal): Promise<CrmRecord[]> {
  if (deals.length === 0) return deals;
  const tasks = await openTasks(
    deals.map(({ id }) => id),
    signal,
  );
  return deals.map((deal) => ({ ...deal, nextStep: tasks.find((task) => task['dealId'] === deal.id) }));
}

async function columnPage(query: BoardQuery, stage: string, cursor: string | null, signal: AbortSignal) {
  const { q, sort } = query;
  const expand = ['accountId', 'ownerId'];
  const meta = { filter: stageFilter(query, stage), q, sort, expand, cursor: cursor ?? undefined };
  const path = `/deals?${listQuery(meta, pageSize)}`;
  return (await request<{ data: CrmRecord[]; page: Page }>(path, { signal })).body;
}

/** The deals of one stage, a page at a time. */
export function useColumn(query: BoardQuery, stage: string, isWanted: boolean) {
  const activities = useRecordType('activities');
  const hasSteps = activities !== undefined && activities.can.read !== 'none';
  return useInfiniteQuery({
    queryKey: columnKey(query, stage),
    queryFn: async ({ pageParam, signal }): Promise<ColumnPage> => {
      const { data, page } = await columnPage(query, stage, pageParam, signal);
      rememberRecords(data);
      const shown = hasSteps ? await withNextSteps(data, signal) : data;
      return { data: shown, nextCursor: page.nextCursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    enabled: isWanted && query.pipelineId !== '',
    retry: false,
  });
}
