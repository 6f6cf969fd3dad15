import type { CrmRecord, RecordType } from '../api/types.js';

/** What people call a record: the values of its type's title fields. */
export function titleOf(type: RecordType, record: CrmRecord): string {
  const parts = type.title
    .map((name) => record[name])
    .filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(' ') : record.id;
}
