import type { CrmRecord } from '../../api/types.js';

export interface ListResult {
  records: CrmRecord[] | undefined;
  nextCursor: string | null;
  count: number | undefined;
  isCountCapped: boolean;
  isStale: boolean;
  error: Error | null;
}
