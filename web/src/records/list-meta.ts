import type { Page } from '../api/types.js';

/** What the data provider hands on beside the rows; ra-core types it as any. */
export interface AnswerMeta {
  nextCursor: Page['nextCursor'];
  countCapped: boolean;
}

export const asMeta = (meta: unknown): AnswerMeta | undefined => meta as AnswerMeta | undefined;
