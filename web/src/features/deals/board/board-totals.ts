import { useQueries } from '@tanstack/react-query';
import { listQuery } from '../../../api/data-provider.js';
import { request } from '../../../api/http.js';
import type { Money, Page } from '../../../api/types.js';
import type { Stage } from '../stages.js';
import { stageFilter, type BoardQuery } from './board-data.js';

/** What all deals of a stage come to, those not loaded included. */
export interface StageTotals {
  stage: string;
  count: number;
  isCapped: boolean;
  /** one per currency; `weighted` by each deal's own probability */
  sums: { amount: Money; weighted: Money }[];
}

export function useTotals(query: BoardQuery, stages: readonly Stage[]): ReadonlyMap<string, StageTotals> {
  return useQueries({
    queries: stages.map(({ key }) => ({
      queryKey: ['board-totals', query, key],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<StageTotals> => {
        const meta = { filter: stageFilter(query, key), q: query.q, fields: ['id'], count: true };
        const { body } = await request<{ page: Page }>(`/deals?${listQuery(meta, 1)}`, { signal });
        const { count = 0, countCapped = false } = body.page;
        return { stage: key, count, isCapped: countCapped, sums: [] };
      },
      retry: false,
    })),
    combine: (answers) =>
      new Map(answers.flatMap(({ data }): [string, StageTotals][] => (data ? [[data.stage, data]] : []))),
  });
}
