import type { ConnectorDatabase } from './connector-database.js';

/** What people ask of the connector. The server writes it, the connector only reads. */
export interface ConnectorControl {
  isPaused: boolean;
  isForkAllowed: boolean;
}

export async function readControl(db: ConnectorDatabase): Promise<ConnectorControl> {
  const row = await db.one<{ paused: boolean; fork_allowed: boolean }>(
    `SELECT paused, coalesce(fork_allowed_until > clock_timestamp(), false) AS fork_allowed
     FROM replication.connector_control`,
  );
  return { isPaused: row.paused, isForkAllowed: row.fork_allowed };
}
