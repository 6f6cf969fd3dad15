// Objects of the time when the header had the key. Every replica that shows one has to keep the key of that time, and what
// else that key opens; so they are sent anew, a few at a time, because a row says "pending" while its file is on its way.
import type { ConnectorDatabase } from '../connector-database.js';

const AT_ONCE = 100;

/** By the index on what is left of them; nothing happens while those before are still on their way. */
const NEXT = `
  UPDATE replication.blob_object SET state = 'stale', updated_at = clock_timestamp()
  WHERE state = 'available' AND blob_id IN (
    SELECT o.blob_id FROM replication.blob_object o WHERE o.state = 'available' AND o.sealed_data_key IS NULL
    ORDER BY o.created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  AND NOT EXISTS (
    SELECT 1 FROM replication.blob_object w
    WHERE w.state IN ('stale', 'uploading') OR (w.state = 'failed' AND w.error_code = 'sealed-anew'))
  RETURNING blob_id`;

/** @returns how many files will be sent anew */
export async function retireKeyedObjects(db: ConnectorDatabase, atOnce = AT_ONCE): Promise<number> {
  const left = await db.query(
    `SELECT 1 FROM replication.blob_object WHERE state = 'available' AND sealed_data_key IS NULL LIMIT 1`,
  );
  return left.length === 0 ? 0 : (await db.query(NEXT, [atOnce])).length;
}
