import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { Conflict } from '../../platform/errors/index.js';
import {
  RecordBehaviours,
  RecordService,
  TypeViews,
  type Money,
  type RecordBehaviour,
  type RecordChange,
  type RecordMove,
  type RequestContext,
} from '../../records/index.js';
import { lockDeals, readDealFacts, sumOfLines, type DealFacts } from './deal-sum.js';
import { lineTotal } from './line-total.js';
import { fillFromProducts } from './product-facts.js';

/** A line knows its total, and the deal's amount is the sum of its lines, in one currency. */
@Injectable()
export class DealLineBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'dealLine';

  constructor(
    private readonly behaviours: RecordBehaviours,
    private readonly records: RecordService,
    private readonly views: TypeViews,
  ) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const { before, after, refuse } of changes)
      if (before && before['dealId'] !== after['dealId'])
        refuse('dealId', 'cannot change: remove the line here and add it there');
    const dealIds = dealsOf(changes);
    await lockDeals(tx, dealIds);
    await fillFromProducts(ctx, tx, this.views, changes);
    const ids = changes.map(({ id }) => id);
    const facts = await readDealFacts(tx, dealIds, ids);
    for (const change of changes) facts.set(String(change.after['dealId']), settleLine(change, facts));
  }

  async afterWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    await this.records.derive(ctx, 'deal', await sumOfLines(tx, dealsOf(changes)), tx);
  }

  async afterMove(ctx: RequestContext, tx: QueryRunner, { action, id, record }: RecordMove): Promise<void> {
    const dealId = String(record['dealId']);
    await lockDeals(tx, [dealId]);
    const { currency } = (await readDealFacts(tx, [dealId], [id])).get(dealId) ?? noLines;
    const own = (record['unitPrice'] as Money).currency;
    if (action === 'restore' && currency !== null && currency !== own)
      throw new Conflict('currency_differs', {
        detail: `This line is in ${own}, and the deal has lines in ${currency} now.`,
      });
    await this.records.derive(ctx, 'deal', await sumOfLines(tx, [dealId]), tx);
  }
}

const noLines: DealFacts = { currency: null, lastPosition: 0 };

function dealsOf(changes: readonly RecordChange[]): string[] {
  return [...new Set(changes.map(({ before, after }) => String((before ?? after)['dealId'])))];
}

/** Fills total and place, or says what is wrong. Answers what the deal's lines say once this one is among them. */
function settleLine(change: RecordChange, known: ReadonlyMap<string, DealFacts>): DealFacts {
  const { after, refuse } = change;
  const facts = known.get(String(after['dealId'])) ?? noLines;
  const quantity = String(after['quantity']);
  const discount = String(after['discountPercent']);
  const price = after['unitPrice'] as Money | null | undefined;
  after['position'] ??= facts.lastPosition + 1;
  const lastPosition = Math.max(facts.lastPosition, Number(after['position']));
  if (Number(quantity) <= 0) refuse('quantity', 'must be more than 0');
  if (Number(discount) > 100) refuse('discountPercent', 'must be at most 100 percent');
  if (!price) {
    refuse('unitPrice', 'is required, as the product has no price');
    return { ...facts, lastPosition };
  }
  if (facts.currency !== null && facts.currency !== price.currency)
    refuse(
      'unitPrice',
      `must be in ${facts.currency} like the other lines of this deal, not in ${price.currency}`,
    );
  const isComputable = Number(quantity) > 0 && Number(discount) <= 100;
  const total = isComputable ? lineTotal(quantity, price, discount) : null;
  if (total) after['total'] = total;
  else if (isComputable) refuse('unitPrice', 'times the quantity is too large an amount');
  return { currency: facts.currency ?? price.currency, lastPosition };
}
