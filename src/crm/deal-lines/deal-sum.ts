import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { toMoney, type Derived } from '../../records/index.js';
import { maxWholeDigits } from './line-total.js';

/** What the stored lines of a deal say. */
export interface DealFacts {
  /** of all its lines; null where there are none */
  readonly currency: string | null;
  readonly lastPosition: number;
}

/**
 * Two people who add lines at once must each see the other's: whoever holds the deal writes its lines, and sums them
 * up before letting go. Always in the same order, so that two cannot wait for each other.
 */
export async function lockDeals(tx: QueryRunner, dealIds: readonly string[]): Promise<void> {
  await query(tx, 'SELECT id FROM crm.deal WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
    dealIds,
  ]);
}

/** @param except lines that are about to be written, which do not count */
export async function readDealFacts(
  tx: QueryRunner,
  dealIds: readonly string[],
  except: readonly string[],
): Promise<Map<string, DealFacts>> {
  const rows = await query<{ id: string; currency: string; last: number }>(
    tx,
    `SELECT deal_id AS id, min(unit_price_currency) AS currency, max(position) AS last FROM crm.deal_line
     WHERE deal_id = ANY($1::uuid[]) AND id <> ALL($2::uuid[]) AND deleted_at IS NULL GROUP BY deal_id`,
    [dealIds, except],
  );
  return new Map(rows.map(({ id, currency, last }) => [id, { currency, lastPosition: last }]));
}

/**
 * The amounts that follow from the stored lines. A deal that has lost its last line keeps the amount it had.
 * @throws InvalidInput where a sum is too large to be stored
 */
export async function sumOfLines(tx: QueryRunner, dealIds: readonly string[]): Promise<Derived[]> {
  const rows = await query<{ id: string; sum: string; currency: string }>(
    tx,
    `SELECT deal_id AS id, sum(total)::text AS sum, min(total_currency) AS currency FROM crm.deal_line
     WHERE deal_id = ANY($1::uuid[]) AND deleted_at IS NULL GROUP BY deal_id`,
    [dealIds],
  );
  return rows.map(({ id, sum, currency }) => {
    if (sum.indexOf('.') > maxWholeDigits)
      throw new InvalidInput([{ path: 'unitPrice', message: 'makes the amount of the deal too large' }]);
    return { id, values: { amount: toMoney(sum, currency) } };
  });
}
