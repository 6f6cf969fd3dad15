import type { Money, RecordData } from '../../records/index.js';
import type { DealStatus } from '../deals/index.js';

/** The next thing to be done about a deal. */
export interface NextActivity {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly dueAt: string | null;
}

/** A deal as GET /deals answers it, cut down to what a card shows, with what follows from it. */
export interface BoardCard extends RecordData {
  readonly id: string;
  readonly weightedAmount: Money | null;
  /** whole days; null where it is not known since when */
  readonly daysInStage: number | null;
  readonly nextActivity: NextActivity | null;
}

export interface ColumnSums {
  readonly count: number;
  /** there are more than could be counted; sums are left out then, as part of a sum is a wrong one */
  readonly countCapped: boolean;
  readonly sums: readonly Money[];
  /** amount × probability */
  readonly weighted: readonly Money[];
}

export interface BoardColumn extends ColumnSums {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly status: DealStatus;
  readonly probability: number;
  /** `sort` of GET /deals that continues the column after `nextCursor` */
  readonly sort: string;
  readonly cards: readonly BoardCard[];
  readonly nextCursor: string | null;
}

export interface Board {
  readonly pipeline: { readonly id: string; readonly name: string };
  readonly stages: readonly BoardColumn[];
}
