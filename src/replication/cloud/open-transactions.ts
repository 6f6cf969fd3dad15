import type { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';

/** Described for OpenAPI by CloudOpenTransactionDto. */
export interface OpenTransaction {
  /** a session that has it open, or a transaction that was prepared for a two-phase commit and left */
  readonly kind: 'session' | 'prepared';
  /** of a session: when the connector first saw that it had written */
  readonly since: string;
  /** process id, of a session */
  readonly pid: number | null;
  /** the name that it was prepared under */
  readonly gid: string | null;
  readonly role: string | null;
  readonly application: string | null;
}

/** What a program commits in its course is not worth a word. */
const NOTABLE_MINUTES = 5;

const READ = `
  SELECT t.kind, to_char(t.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS since, t.pid, t.gid, t.role,
    t.application
  FROM replication.connector_status s CROSS JOIN LATERAL jsonb_to_recordset(s.open_transactions)
    AS t (kind text, since timestamptz, pid int, gid text, role text, application text)
  WHERE t.since < now() - make_interval(mins => ${String(NOTABLE_MINUTES)})
    -- of a connector that stopped they are not known to be open any more
    AND s.seen_at > now() - interval '1 minute'
  ORDER BY t.since`;

/**
 * Transactions that have been open for minutes and keep what they changed at home, the oldest first; at most 20.
 * @param mayRead false: who has them open is not told
 */
export async function readOpenTransactions(
  dataSource: DataSource,
  mayRead: boolean,
): Promise<OpenTransaction[]> {
  const found = await query<OpenTransaction>(dataSource, READ);
  if (mayRead) return found;
  return found.map(({ kind, since }) => ({
    kind,
    since,
    pid: null,
    gid: null,
    role: null,
    application: null,
  }));
}
