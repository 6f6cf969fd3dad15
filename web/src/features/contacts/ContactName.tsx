import type { CrmRecord } from '../../api/types.js';

/** In a list sorted by last name people still read "first last". */
export function ContactName({ record }: { record: CrmRecord }) {
  const parts = [record['firstName'], record['lastName']].filter((part) => typeof part === 'string');
  return <>{parts.join(' ')}</>;
}
