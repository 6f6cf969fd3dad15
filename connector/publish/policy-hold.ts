import { policyGate } from '../../src/replication/policy-gate/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { readActiveVersionIn } from './cloud-catalog.js';
import { assertNoneRequestedIn } from './generation-requests.js';
import { PolicyChanged } from './publish.errors.js';

/** An approval in hand is let through first; it takes seconds. */
const WAIT_MS = 60_000;

/**
 * Runs `work` while no other policy can come into force and no replica can be revoked. Either waits for it to end, so it
 * must end by itself: the calls to the bucket have their own time limits.
 * @throws PolicyChanged where another policy than `version` is in force, GenerationRequested where one is asked for
 */
export async function holdingPolicy<T>(
  db: ConnectorDatabase,
  version: number,
  work: () => Promise<T>,
): Promise<T> {
  return db.durably(async (tx) => {
    await tx.query(`SET LOCAL lock_timeout = ${String(WAIT_MS)}`);
    await tx.query('SELECT pg_advisory_xact_lock_shared($1)', [policyGate]);
    const policy = await readActiveVersionIn(tx);
    if (policy?.version !== version) throw new PolicyChanged();
    await assertNoneRequestedIn(tx);
    return work();
  });
}
