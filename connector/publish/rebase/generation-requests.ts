import type { Session } from '../../connector-database.js';

/**
 * The generation that begins answers every request that is visible now: all that it holds is read after this moment.
 * Requests that one took up which never went live are open again.
 */
export async function takeUpRequests(tx: Session, generation: number): Promise<void> {
  await tx.query(
    `UPDATE replication.generation_request SET generation = $1 WHERE generation IS NULL
       OR generation IN (SELECT g.id FROM replication.generation g WHERE g.live_at IS NULL)`,
    [generation],
  );
}

export async function reopenRequests(tx: Session): Promise<void> {
  await tx.query(
    `UPDATE replication.generation_request SET generation = NULL
     WHERE generation IN (SELECT g.id FROM replication.generation g WHERE g.live_at IS NULL)`,
  );
}
