import { changesSinceSql } from '../../src/replication/changelog/index.js';
import type { TypeState } from '../../src/replication/format/index.js';
import type { Generation } from './generation.store.js';
import type { ConnectorDatabase } from '../connector-database.js';

/** In one word, how the lane stands. */
export type LaneState =
  'starting' | 'publishing' | 'waiting' | 'held' | 'paused' | 'no-policy' | 'standby' | 'failing' | 'stopped';

export interface LastError {
  code: string;
  message: string;
  at: string;
}

/** What /cloud/status tells; written by whoever holds the lease. */
export interface ConnectorStatus {
  generation: Generation | null;
  asOf: Date | null;
  spoolBytes: number;
  state: LaneState;
  types: TypeState[];
  lastError: LastError | null;
}

/** More changes than this are reported as this many: the figure is for people. */
const BACKLOG_CAP = 1_000_000;

const WRITE = `
  UPDATE replication.connector_status SET generation = $1, n = $2, as_of = $3, backlog = $4, spool_bytes = $5,
    state = $6, types = $7, last_error = $8, seen_at = clock_timestamp(),
    published_at = (SELECT max(published_at) FROM replication.batch WHERE generation = $1)`;

export class StatusStore {
  constructor(private readonly db: ConnectorDatabase) {}

  /** Answers the backlog: changes that no published batch holds yet. */
  async write(status: ConnectorStatus): Promise<number> {
    const { generation, types } = status;
    const backlog = await this.backlog(generation);
    await this.db.query(WRITE, [
      generation?.id ?? null,
      generation?.head ?? null,
      status.asOf,
      backlog,
      status.spoolBytes,
      status.state,
      JSON.stringify(types.map(({ type, count }) => ({ type, published: count }))),
      status.lastError === null ? null : JSON.stringify(status.lastError),
    ]);
    return backlog;
  }

  private async backlog(generation: Generation | null): Promise<number> {
    const since = generation?.cursor ?? generation?.firstSnapshot ?? null;
    if (since === null) return 0;
    const { backlog } = await this.db.one<{ backlog: string }>(
      `SELECT count(*) AS backlog FROM (SELECT 1 FROM (${changesSinceSql(since)}) c LIMIT ${String(BACKLOG_CAP)}) c`,
    );
    return Number(backlog);
  }
}
