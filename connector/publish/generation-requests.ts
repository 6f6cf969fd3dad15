// What asks the lane for a generation anew: whoever needs everything sealed again writes a row, in the transaction of what
// made it necessary. The lane answers with the generation that it began for it.
import type { ConnectorDatabase, Session } from '../connector-database.js';
import { GenerationRequested } from './publish.errors.js';

/** Requests that are open, up to the newest of them. */
export interface OpenRequests {
  upTo: string;
  /** of the oldest */
  reason: string;
}

const OPEN = `
  SELECT max(id)::text AS up_to, (array_agg(reason ORDER BY id))[1] AS reason FROM replication.generation_request
  WHERE done_generation IS NULL`;

interface OpenRow {
  up_to: string | null;
  reason: string | null;
}

export async function openRequests(db: ConnectorDatabase): Promise<OpenRequests | null> {
  return toRequests(await db.query<OpenRow>(OPEN));
}

/** The same inside a transaction, where one must not have come meanwhile. @throws GenerationRequested */
export async function assertNoneRequestedIn(tx: Session): Promise<void> {
  const { rows } = await tx.query<OpenRow>(OPEN);
  refuse(toRequests(rows));
}

/** @throws GenerationRequested */
export async function assertNoneRequested(db: ConnectorDatabase): Promise<void> {
  refuse(await openRequests(db));
}

function toRequests([row]: readonly OpenRow[]): OpenRequests | null {
  return row?.up_to == null ? null : { upTo: row.up_to, reason: row.reason ?? '' };
}

function refuse(open: OpenRequests | null): void {
  if (open !== null) throw new GenerationRequested(open.reason);
}

/** In the transaction that begins the generation. What was asked for after `upTo` asks again. */
export async function markRequestsDone(tx: Session, upTo: string, generation: number): Promise<void> {
  await tx.query(
    'UPDATE replication.generation_request SET done_generation = $2 WHERE done_generation IS NULL AND id <= $1',
    [upTo, generation],
  );
}
