import { query, type SqlRunner } from '../../platform/database/index.js';
import type { Findings } from './findings.js';
import { longestTransactionMs, type TreeWalk } from './tree-walk.js';

interface Entry {
  id: string;
  at: Date;
}

const most = 1_000;

/** Entries that have no place in the tree though they should, and places whose entries are gone. */
export async function checkOutsideTree(
  runner: SqlRunner,
  walk: TreeWalk,
  lastSealed: Date | null,
  findings: Findings,
): Promise<void> {
  const strays = await query<Entry>(
    runner,
    `SELECT l.id, l.at FROM audit.leaf l
     WHERE NOT EXISTS (SELECT 1 FROM audit.tree_leaf t WHERE t.leaf_id = l.id AND t.at = l.at)
       AND NOT EXISTS (SELECT 1 FROM audit.tree_queue q WHERE q.leaf_id = l.id AND q.at = l.at)
     ORDER BY l.at, l.id LIMIT ${String(most)}`,
  );
  for (const { id, at } of strays) tellStray(id, at, walk, findings);
  for (const [id, { at, place }] of walk.missing)
    findings.add({
      code: 'entry-deleted',
      detail: `Entry ${id} of ${at.toISOString()}, place ${place}, is gone.`,
      ...{ entry: id, from: place, to: place },
    });
  await checkQueue(runner, lastSealed, findings);
}

/** One that the tree has under another time was given that time later; it is told once, not as gone and come. */
function tellStray(id: string, at: Date, walk: TreeWalk, findings: Findings): void {
  const was = walk.missing.get(id);
  walk.missing.delete(id);
  if (was)
    findings.add({
      code: 'entry-back-dated',
      detail: `Entry ${id}, place ${was.place}, was sealed with the time ${was.at.toISOString()} and now says ${at.toISOString()}.`,
      ...{ entry: id, from: was.place, to: was.place },
    });
  else
    findings.add({
      code: 'entry-inserted',
      detail: `Entry ${id} of ${at.toISOString()} has no place in the tree and waits for none: it was put in by hand.`,
      entry: id,
    });
}

async function checkQueue(runner: SqlRunner, lastSealed: Date | null, findings: Findings): Promise<void> {
  const gone = await query<Entry>(
    runner,
    `SELECT q.leaf_id AS id, q.at FROM audit.tree_queue q
     WHERE NOT EXISTS (SELECT 1 FROM audit.leaf l WHERE l.at = q.at AND l.id = q.leaf_id)
     ORDER BY q.at, q.leaf_id LIMIT ${String(most)}`,
  );
  for (const { id, at } of gone)
    findings.add({
      code: 'entry-deleted',
      detail: `Entry ${id} of ${at.toISOString()} is gone; it was not sealed yet.`,
      entry: id,
    });
  if (!lastSealed) return;
  const late = await query<Entry>(
    runner,
    `SELECT q.leaf_id AS id, q.at FROM audit.tree_queue q WHERE q.at < $1
     ORDER BY q.at, q.leaf_id LIMIT ${String(most)}`,
    [new Date(lastSealed.getTime() - longestTransactionMs)],
  );
  const isGone = new Set(gone.map(({ id }) => id));
  for (const { id, at } of late.filter((entry) => !isGone.has(entry.id)))
    findings.add({
      code: 'entry-back-dated',
      detail: `Entry ${id} says ${at.toISOString()}, and was not there when the checkpoint of ${lastSealed.toISOString()} was made.`,
      entry: id,
    });
}
