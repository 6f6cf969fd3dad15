import type pg from 'pg';
import { readCatalog, viewOf, type CloudCatalog } from './cloud-catalog.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import { StandbyRefused } from './publish.errors.js';

/** What tells one database's history from another's. */
export interface SourceIdentity {
  systemIdentifier: string;
  timeline: number;
}

/** A snapshot of the source while it is open. */
export interface OpenSnapshot {
  session: pg.Client;
  /** `xmin:xmax:xip` */
  snapshot: string;
  /** every commit before this moment is in the snapshot */
  asOf: Date;
  source: SourceIdentity;
  catalog: CloudCatalog;
}

const PREPARE = `
  CREATE TEMPORARY TABLE IF NOT EXISTS batch_key (
    type text NOT NULL, id uuid NOT NULL, is_dependent boolean NOT NULL, PRIMARY KEY (type, id)
  ) ON COMMIT DELETE ROWS`;

const LOOK = `
  SELECT pg_is_in_recovery() AS is_standby, pg_current_snapshot()::text AS snapshot, transaction_timestamp() AS as_of,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    CASE WHEN pg_is_in_recovery() THEN 0
      ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline`;

interface Look {
  is_standby: boolean;
  snapshot: string;
  as_of: Date;
  system_identifier: string;
  timeline: number;
}

const MAX_ATTEMPTS = 5;
/** undefined_table: a view was dropped between listing and locking it */
const UNDEFINED_TABLE = '42P01';

/** The policy views were exchanged between listing and locking them. */
class ViewsMoved extends ConnectorError {
  constructor() {
    super('views-moved', 'The policy views changed while they were being locked.');
  }
}

/**
 * Opens the one kind of transaction that a delta may be read in. The order is the point: the views are locked
 * before the snapshot is taken. The other way round a TRUNCATE or a rewriting ALTER that commits in between leaves
 * the snapshot looking at an emptied table.
 */
export class SnapshotReader {
  /** READ COMMITTED takes a new snapshot per statement: in one "delta" rows of different moments would mix. */
  protected readonly isolation: string = 'REPEATABLE READ';

  constructor(protected readonly db: ConnectorDatabase) {}

  /** Answers null where no policy is active. The snapshot is closed when `work` ends, however it ends. */
  async read<T>(work: (open: OpenSnapshot) => Promise<T>): Promise<T | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        await this.db.dropSnapshotSession();
        if (!hasMoved(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** After an error in what followed the snapshot, its session may be in any state. */
  async forget(): Promise<void> {
    await this.db.dropSnapshotSession();
  }

  private async attempt<T>(work: (open: OpenSnapshot) => Promise<T>): Promise<T | null> {
    const session = await this.db.snapshotSession(async (fresh) => {
      await fresh.query(PREPARE);
    });
    const listed = await session.query<{ type: string }>(
      'SELECT type FROM replication.view_catalog ORDER BY position',
    );
    const types = listed.rows.map((row) => row.type);
    await session.query(this.opening(types));
    const open = await look(session);
    const isSameList = open?.catalog.types.map((entry) => entry.type).join() === types.join();
    if (open !== null && !isSameList) throw new ViewsMoved();
    const result = open === null ? null : await work(open);
    await session.query('COMMIT');
    return result;
  }

  private opening(types: string[]): string {
    const relations = [...types.map(viewOf), 'replication.change'].join(', ');
    return `BEGIN ISOLATION LEVEL ${this.isolation}; SET LOCAL lock_timeout = '60s';
      LOCK TABLE ${relations} IN ACCESS SHARE MODE`;
  }
}

async function look(session: pg.Client): Promise<OpenSnapshot | null> {
  const { rows } = await session.query<Look>(LOOK);
  const row = rows[0];
  if (row === undefined)
    throw new ConnectorError('database-unexpected', 'The database did not describe its snapshot.');
  if (row.is_standby) throw new StandbyRefused();
  const catalog = await readCatalog(session);
  if (catalog === null) return null;
  const source = { systemIdentifier: row.system_identifier, timeline: row.timeline };
  return { session, snapshot: row.snapshot, asOf: row.as_of, source, catalog };
}

function hasMoved(error: unknown): boolean {
  return (
    error instanceof ViewsMoved ||
    (error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE)
  );
}
