import { useQueries, useQuery } from '@tanstack/react-query';
import { listQuery } from '../../../api/data-provider.js';
import { request } from '../../../api/http.js';
import type { Money, Page } from '../../../api/types.js';
import type { Stage } from '../stages.js';
import { stageFilter, type BoardQuery } from './board-data.js';

/** What all deals of a stage come to, those not loaded included. */
export interface StageTotals {
  count: number;
  isCapped: boolean;
  /** one per currency; `weighted` by each deal's own probability */
  sums: { amount: Money; weighted: Money | undefined }[];
}

interface ColumnAnswer {
  key: string;
  count: number;
  countCapped: boolean;
  sums: Money[];
  weighted: Money[];
}

const totalsKey = 'board-totals';

async function askTotals({ pipelineId, filter }: BoardQuery, signal: AbortSignal) {
  const query = new URLSearchParams({ pipelineId, limit: '1' });
  if (filter) query.set('filter', JSON.stringify(filter));
  const { body } = await request<{ stages: ColumnAnswer[] }>(`/deals/board?${query.toString()}`, { signal });
  return new Map<string, StageTotals>(
    body.stages.map(({ key, count, countCapped, sums, weighted }) => [
      key,
      {
        count,
        isCapped: countCapped,
        sums: sums.map((amount) => ({
          amount,
          weighted: weighted.find(({ currency }) => currency === amount.currency),
        })),
      },
    ]),
  );
}

async function askCount(query: BoardQuery, stage: string, signal: AbortSignal): Promise<StageTotals> {
  const meta = { filter: stageFilter(query, stage), q: query.q, fields: ['id'], count: true };
  const { body } = await request<{ page: Page }>(`/deals?${listQuery(meta, 1)}`, { signal });
  return { count: body.page.count ?? 0, isCapped: body.page.countCapped ?? false, sums: [] };
}

const nothing: ReadonlyMap<string, StageTotals> = new Map();

/** Counts and sums by stage. While words are searched for, the counts alone: the server sums by filters only. */
export function useTotals(query: BoardQuery, stages: readonly Stage[]): ReadonlyMap<string, StageTotals> {
  const isSearch = query.q !== '';
  const totals = useQuery({
    queryKey: [totalsKey, query],
    queryFn: ({ signal }) => askTotals(query, signal),
    enabled: !isSearch && query.pipelineId !== '',
    placeholderData: (previous) => previous,
    retry: false,
  });
  const counts = useQueries({
    queries: stages.map(({ key }) => ({
      queryKey: [totalsKey, query, key],
      queryFn: ({ signal }: { signal: AbortSignal }) => askCount(query, key, signal),
      enabled: isSearch,
      retry: false,
    })),
    combine: (answers) =>
      new Map(
        answers.flatMap(({ data }, index): [string, StageTotals][] =>
          data ? [[stages[index]?.key ?? '', data]] : [],
        ),
      ),
  });
  return isSearch ? counts : (totals.data ?? nothing);
}
