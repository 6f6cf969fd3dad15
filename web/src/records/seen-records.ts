// Rows already shown in a list fill the record page at once, while its own answer is on the way.
import type { CrmRecord } from '../api/types.js';

const limit = 500;
const seen = new Map<string, CrmRecord>();

export function rememberRecords(records: readonly CrmRecord[]): void {
  for (const record of records) {
    seen.delete(record.id);
    seen.set(record.id, record);
  }
  for (const id of seen.keys()) {
    if (seen.size <= limit) return;
    seen.delete(id);
  }
}

export const seenRecord = (id: string): CrmRecord | undefined => seen.get(id);

export const forgetRecord = (id: string): void => {
  seen.delete(id);
};
