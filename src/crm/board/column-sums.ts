import type { RecordService, RequestContext, TypeView } from '../../records/index.js';
import { toMoney } from '../../records/index.js';
import { weightedMoney } from '../money/index.js';
import type { ColumnSums } from './board.js';

/** Past this many deals in one stage, counting and summing would be felt by everybody else. */
export const sumCap = 100_000;

/** Counts and sums the deals that the caller may see, in one index scan where the board's index covers the filter. */
export async function readColumnSums(
  records: RecordService,
  ctx: RequestContext,
  view: TypeView,
  filter: unknown,
): Promise<ColumnSums> {
  const amount = view.field('amount') ? 't."amount", t."amount_currency"' : 'NULL::numeric, NULL::text';
  const probability = view.field('probability') ? 't."probability"' : 'NULL::integer';
  const rows = await records.over(
    ctx,
    'deal',
    { filter },
    (deals) =>
      `SELECT d.currency, count(*), sum(d.amount), sum(d.amount * d.probability)
       FROM (SELECT ${amount}, ${probability} FROM ${deals} LIMIT ${String(sumCap + 1)}) d (amount, currency, probability)
       GROUP BY d.currency ORDER BY d.currency`,
  );
  const found = rows.reduce((sum, [, count]) => sum + Number(count), 0);
  if (found > sumCap) return { count: sumCap, countCapped: true, sums: [], weighted: [] };
  return {
    count: found,
    countCapped: false,
    sums: rows.flatMap(([currency, , sum]) => (currency && sum ? [toMoney(sum, currency)] : [])),
    weighted: rows.flatMap(([currency, , , sum]) => (currency && sum ? [weightedMoney(sum, currency)] : [])),
  };
}
