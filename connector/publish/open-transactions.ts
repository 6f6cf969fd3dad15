// A transaction that has written and does not end keeps what it wrote at home, and nothing else shows it: batches go on
// without it. So the lane looks who has one open, and since when.
import type { ConnectorDatabase } from '../connector-database.js';
import { openTransactionAge } from './publish.metrics.js';

/** Of a busy server only the oldest matter. */
const KEPT = 20;

/**
 * Writers of this database by the age of their transaction ids, which every account may see. When a session's transaction
 * began only its own account and pg_read_all_stats may see, and with that right others' statements and the values in them;
 * so it counts from when it was first seen here, and a connector that starts again goes on from what the last one wrote.
 */
const NOTE = `
  WITH known AS (
    SELECT k.kind, k.xid, k.since FROM replication.connector_status s
    CROSS JOIN LATERAL jsonb_to_recordset(s.open_transactions) AS k (kind text, xid text, since timestamptz)),
  writing AS (
    SELECT 'session' AS kind, a.backend_xid::text AS xid, a.xact_start AS since, a.pid, NULL AS gid,
      a.usename::text AS role, a.application_name AS application, age(a.backend_xid) AS xids
    FROM pg_stat_activity a
    WHERE a.backend_xid IS NOT NULL AND a.usesysid IS NOT NULL AND a.datname = current_database()
      AND a.pid <> pg_backend_pid()
    UNION ALL
    SELECT 'prepared', p.transaction::text, p.prepared, NULL, p.gid, p.owner::text, NULL, age(p.transaction)
    FROM pg_prepared_xacts p WHERE p.database = current_database()),
  oldest AS (
    SELECT w.kind, w.xid, coalesce(k.since, w.since, clock_timestamp()) AS since, w.pid, w.gid, w.role, w.application
    FROM writing w LEFT JOIN known k ON k.kind = w.kind AND k.xid = w.xid
    ORDER BY w.xids DESC LIMIT ${String(KEPT)}),
  noted AS (
    UPDATE replication.connector_status
    SET open_transactions = (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.since), '[]') FROM oldest o))
  SELECT kind, extract(epoch FROM max(clock_timestamp() - since))::float8 AS seconds FROM oldest GROUP BY kind`;

/** Notes them in the connector's status, and the age of the oldest of each kind in the metric. */
export async function noteOpenTransactions(db: ConnectorDatabase): Promise<void> {
  const ages = await db.query<{ kind: string; seconds: number }>(NOTE);
  for (const kind of ['session', 'prepared'])
    openTransactionAge.set({ kind }, Math.max(0, ages.find((age) => age.kind === kind)?.seconds ?? 0));
}
