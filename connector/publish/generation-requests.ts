// What asks the lane for a generation anew: whoever needs everything sealed again writes a row, in the transaction of what
// made it necessary. Some stop publishing until it has begun (a replica was revoked); the others are answered by a
// generation that is made beside the one in force. The row says in the end which generation answered it.
import type { ConnectorDatabase, Session } from '../connector-database.js';
import { GenerationRequested } from './publish.errors.js';

/** Requests that are open and stop publishing. */
export interface StoppingRequests {
  ids: string[];
  /** of the oldest */
  reason: string;
}

const OPEN = `
  SELECT array_agg(id::text) AS ids, (array_agg(reason ORDER BY requested_at, id))[1] AS reason
  FROM replication.generation_request WHERE generation IS NULL AND stops_publishing`;

interface OpenRow {
  ids: string[] | null;
  reason: string | null;
}

export async function stoppingRequests(db: ConnectorDatabase): Promise<StoppingRequests | null> {
  return toRequests(await db.query<OpenRow>(OPEN));
}

/** The same inside a transaction, where one must not have come meanwhile. @throws GenerationRequested */
export async function assertNoneRequestedIn(tx: Session): Promise<void> {
  const { rows } = await tx.query<OpenRow>(OPEN);
  refuse(toRequests(rows));
}

/** @throws GenerationRequested */
export async function assertNoneRequested(db: ConnectorDatabase): Promise<void> {
  refuse(await stoppingRequests(db));
}

function toRequests([row]: readonly OpenRow[]): StoppingRequests | null {
  return row?.ids == null ? null : { ids: row.ids, reason: row.reason ?? '' };
}

function refuse(open: StoppingRequests | null): void {
  if (open !== null) throw new GenerationRequested(open.reason);
}

/**
 * In the transaction that begins a generation: it answers every request that is visible now, because all that it holds is
 * read after this moment. Requests that one took up which never went live are open again. Of those that stop publishing
 * only `stopping` count: what they came with, such as a root, must have been seen before.
 */
export async function takeUpRequests(
  tx: Session,
  generation: number,
  stopping: readonly string[],
): Promise<void> {
  await tx.query(
    `UPDATE replication.generation_request SET generation = $1 WHERE (NOT stops_publishing OR id = ANY ($2::uuid[]))
       AND (generation IS NULL OR generation IN (
         SELECT g.id FROM replication.generation g WHERE g.live_at IS NULL))`,
    [generation, stopping],
  );
}

export async function reopenRequests(tx: Session): Promise<void> {
  await tx.query(
    `UPDATE replication.generation_request SET generation = NULL
     WHERE generation IN (SELECT g.id FROM replication.generation g WHERE g.live_at IS NULL)`,
  );
}
