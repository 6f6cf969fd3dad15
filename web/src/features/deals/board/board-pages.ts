// What a column of the board holds while it pages, and how a moved card changes it before the server has answered.
import type { InfiniteData } from '@tanstack/react-query';
import type { CrmRecord } from '../../../api/types.js';

export interface ColumnPage {
  data: CrmRecord[];
  nextCursor: string | null;
}
export type ColumnPages = InfiniteData<ColumnPage>;

export const dealsOf = (pages: ColumnPages | undefined): CrmRecord[] =>
  pages?.pages.flatMap((page) => page.data) ?? [];

/** The column without one deal. */
export function without(pages: ColumnPages | undefined, id: string): ColumnPages | undefined {
  if (!pages) return undefined;
  const keep = (page: ColumnPage) => ({ ...page, data: page.data.filter((deal) => deal.id !== id) });
  return { ...pages, pages: pages.pages.map(keep) };
}

/** The column with the deal on top, where the person who moved it sees it arrive. */
export function withOnTop(pages: ColumnPages | undefined, deal: CrmRecord): ColumnPages | undefined {
  const cleared = without(pages, deal.id);
  const [first, ...rest] = cleared?.pages ?? [];
  if (!cleared || !first) return pages;
  return { ...cleared, pages: [{ ...first, data: [deal, ...first.data] }, ...rest] };
}

/** The column with the server's version of the deal in the same place. */
export function withNewer(pages: ColumnPages | undefined, deal: CrmRecord): ColumnPages | undefined {
  if (!pages) return undefined;
  const renew = (page: ColumnPage) => ({
    ...page,
    // what was expanded beside the ids is not in the answer to a write
    data: page.data.map((each) => (each.id === deal.id ? { ...each, ...deal } : each)),
  });
  return { ...pages, pages: pages.pages.map(renew) };
}

const followers = ['pipelineId', 'stage', 'probability', 'closeDate'] as const;

/** What takes a move back: the stage, and whatever the server changed along with it. */
export function undoPatch(before: CrmRecord, after: CrmRecord): CrmRecord {
  const changed = followers.filter((name) => (before[name] ?? null) !== (after[name] ?? null));
  return Object.fromEntries(changed.map((name) => [name, before[name] ?? null])) as unknown as CrmRecord;
}
