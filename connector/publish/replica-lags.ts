import type { ConnectorDatabase } from '../connector-database.js';

/** The longest that the page Cloud shows is a week. */
const KEPT_DAYS = 8;
const PRUNE_ROWS = 20_000;

/**
 * How far behind each replica is now, by what it has acknowledged: the age of the oldest batch that it has not applied.
 * The greatest of each minute stays.
 */
const NOTE = `
  INSERT INTO replication.replica_lag AS known (replica, at, lag_ms)
  SELECT a.replica, date_trunc('minute', clock_timestamp()), CASE WHEN next.published_at IS NULL THEN 0
      ELSE greatest(0, extract(epoch FROM clock_timestamp() - next.published_at) * 1000) END::bigint
  FROM replication.replica_ack a
  LEFT JOIN LATERAL (
    SELECT b.published_at FROM replication.batch b
    WHERE b.state = 'published' AND (b.generation, b.n) > (a.generation, a.n)
    ORDER BY b.generation, b.n LIMIT 1) next ON true
  WHERE a.revoked_at IS NULL
  ON CONFLICT (replica, at) DO UPDATE SET lag_ms = excluded.lag_ms WHERE excluded.lag_ms > known.lag_ms`;

export async function noteReplicaLags(db: ConnectorDatabase): Promise<void> {
  await db.query(NOTE);
}

export async function forgetOldLags(db: ConnectorDatabase): Promise<void> {
  await db.query(
    `DELETE FROM replication.replica_lag WHERE (replica, at) IN (SELECT l.replica, l.at FROM replication.replica_lag l
       WHERE l.at < clock_timestamp() - make_interval(days => ${String(KEPT_DAYS)})
       ORDER BY l.at LIMIT ${String(PRUNE_ROWS)})`,
  );
}
