import type { Session } from '../connector-database.js';
import { viewOf } from './cloud-catalog.js';
import type { IdExtent } from './id-ranges.js';

/**
 * Where the rows after `after` begin and end. A row that comes later is none of this snapshot's business: it stands in
 * the change log since the generation's first moment and is looked at again before the manifest is made.
 */
export async function readExtent(session: Session, type: string, after: string): Promise<IdExtent | null> {
  // uuid has no min() before PostgreSQL 18; in this collation its text sorts as it does
  const { rows } = await session.query<{
    first: string | null;
    last: string | null;
    count: string;
  }>(
    `SELECT min(v.id::text COLLATE "C") AS first, max(v.id::text COLLATE "C") AS last, count(*) AS count
     FROM ${viewOf(type)} v WHERE v.id > $1::uuid`,
    [after],
  );
  const { first, last, count } = rows[0] ?? { first: null, last: null, count: '0' };
  return first === null || last === null ? null : { first, last, count: Number(count) };
}
