import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import type { RecordChange } from '../../records/index.js';

/**
 * Records with a `parentId` form a tree: none may be its own ancestor.
 * @param lock number of an advisory lock that only moves within this tree use
 */
export async function refuseCircles(
  tx: QueryRunner,
  changes: readonly RecordChange[],
  lock: number,
): Promise<void> {
  // A new record has no descendants yet, so only a move can close a circle.
  const moved = changes.filter(
    ({ before, after }) => before && after['parentId'] && before['parentId'] !== after['parentId'],
  );
  if (moved.length === 0) return;
  // Two moves at once could close a circle that neither sees, so moves go one after the other.
  await query(tx, 'SELECT pg_advisory_xact_lock($1)', [lock]);
  for (const { type, id, after, refuse } of moved)
    if (await isAncestor(tx, type.table, id, after['parentId']))
      refuse('parentId', `must not be the ${type.name} itself or one below it`);
}

async function isAncestor(tx: QueryRunner, table: string, id: string, start: unknown): Promise<boolean> {
  const found = await query(
    tx,
    `WITH RECURSIVE up AS (
       SELECT id, parent_id FROM ${table} WHERE id = $2
       UNION SELECT a.id, a.parent_id FROM ${table} a JOIN up ON a.id = up.parent_id
     ) SELECT 1 FROM up WHERE id = $1 LIMIT 1`,
    [id, start],
  );
  return found.length > 0;
}
