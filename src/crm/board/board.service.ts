import { Injectable } from '@nestjs/common';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import {
  recordTypeOf,
  RecordService,
  TypeViews,
  type Money,
  type RecordData,
  type RequestContext,
  type TypeView,
} from '../../records/index.js';
import type { DealStatus } from '../deals/index.js';
import { weightedMoney } from '../money/index.js';
import type { Board, BoardCard, BoardColumn, NextActivity } from './board.js';
import { readColumnSums } from './column-sums.js';
import { readNextActivities } from './next-activities.js';

export interface BoardQuery {
  /** the default pipeline where left out */
  readonly pipelineId?: string;
  readonly filter?: unknown;
  /** cards per stage */
  readonly limit: number;
}

const cardFields = [
  'name',
  'amount',
  'probability',
  'closeDate',
  'stage',
  'stageSince',
  'accountId',
  'contactId',
  'ownerId',
  'lostReason',
];
const expanded = ['accountId', 'ownerId'];
const dayMs = 86_400_000;

/** The deals of a pipeline by stage: how many, worth what, and the first of each. Only what the caller may see. */
@Injectable()
export class BoardService {
  constructor(
    private readonly records: RecordService,
    private readonly views: TypeViews,
  ) {}

  /** @throws NotFound where there is no such pipeline, InvalidInput, NotAllowed */
  async board(ctx: RequestContext, query: BoardQuery): Promise<Board> {
    const pipeline = await this.pipeline(ctx, query.pipelineId);
    const stages = await this.records.list(ctx, 'stage', {
      filter: { field: 'pipelineId', op: 'eq', value: pipeline['id'] },
      sort: 'position',
      limit: 200,
    });
    const view = this.views.of(ctx, recordTypeOf('deal'));
    const columns = await Promise.all(stages.data.map((stage) => this.column(ctx, view, stage, query)));
    const ids = columns.flatMap(({ cards }) => cards.map(({ id }) => id));
    const next = await readNextActivities(this.records, this.views, ctx, ids);
    return {
      pipeline: { id: String(pipeline['id']), name: String(pipeline['name']) },
      stages: columns.map((column) => ({
        ...column,
        cards: column.cards.map((card) => withNext(card, next)),
      })),
    };
  }

  private async pipeline(ctx: RequestContext, id: string | undefined): Promise<RecordData> {
    if (id !== undefined) return this.records.get(ctx, 'pipeline', id, { fields: ['name'] });
    const filter = { field: 'isDefault', op: 'eq', value: true };
    const [found] = (await this.records.list(ctx, 'pipeline', { filter, limit: 1 })).data;
    if (!found) throw new NotFound({ detail: 'There is no default pipeline.' });
    return found;
  }

  private async column(
    ctx: RequestContext,
    view: TypeView,
    stage: RecordData,
    query: BoardQuery,
  ): Promise<BoardColumn> {
    const place = [
      { field: 'pipelineId', op: 'eq', value: stage['pipelineId'] },
      { field: 'stage', op: 'eq', value: stage['key'] },
    ];
    const filter = { and: query.filter === undefined ? place : [query.filter, ...place] };
    const sort = sortOf(view, stage['status']);
    const [page, sums] = await asked(() =>
      Promise.all([
        this.records.list(ctx, 'deal', {
          filter,
          sort,
          limit: query.limit,
          fields: cardFields.filter((name) => view.field(name)),
          expand: expanded.filter((name) => view.field(name)),
        }),
        readColumnSums(this.records, ctx, view, filter),
      ]),
    );
    const { id, key, name, status, probability } = stage;
    return {
      ...{ id: String(id), key: String(key), name: String(name), status: status as DealStatus },
      probability: Number(probability ?? 0),
      ...sums,
      sort,
      cards: page.data.map(cardOf),
      nextCursor: page.page.nextCursor,
    };
  }
}

/** What is to close first comes first; of what is closed, what was closed last. */
function sortOf(view: TypeView, status: unknown): string {
  if (!view.field('closeDate')) return '-createdAt';
  return status === 'open' ? 'closeDate' : '-closeDate';
}

function cardOf(deal: RecordData): BoardCard {
  const amount = deal['amount'] as Money | null | undefined;
  const probability = deal['probability'] as number | null | undefined;
  const since = deal['stageSince'] as string | null | undefined;
  return {
    ...deal,
    id: String(deal['id']),
    weightedAmount:
      amount && probability != null
        ? weightedMoney(timesPercent(amount.amount, probability), amount.currency)
        : null,
    daysInStage: since ? Math.max(0, Math.floor((Date.now() - Date.parse(since)) / dayMs)) : null,
    nextActivity: null,
  };
}

/** amount × percent, exactly, as PostgreSQL sums it for a column */
function timesPercent(amount: string, percent: number): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const digits = (BigInt(whole + fraction) * BigInt(percent)).toString().padStart(fraction.length + 1, '0');
  const point = digits.length - fraction.length;
  return fraction === '' ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function withNext(card: BoardCard, next: ReadonlyMap<string, NextActivity>): BoardCard {
  return { ...card, nextActivity: next.get(card.id) ?? null };
}

/** The caller's filter stands inside ours: problems with it are told by the path that he knows. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const problems = error.errors ?? [];
    throw new InvalidInput(
      problems.map(({ path, message }) => ({ path: path.replace(/^filter\.and\[0\]/, 'filter'), message })),
    );
  }
}
