import pg from 'pg';
import { rowTextSettings } from '../src/replication/format/index.js';
import { ConnectorError } from './connector.errors.js';

/** What the connector's statements run on: one session, so that temporary tables and transactions hold together. */
export interface Session {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    parameters?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

/**
 * The row text is the canonical form of a row and depends on these settings, so they are pinned per session and
 * never left to the server's configuration. A snapshot of a large table takes long, hence no statement timeout.
 */
const SESSION_OPTIONS = Object.entries({
  ...rowTextSettings,
  search_path: 'pg_catalog',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '600000',
})
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

/**
 * The connector's own connections, apart from TypeORM's, because the publishing lane streams: COPY in both
 * directions, cursors and temporary tables that outlive a transaction.
 */
export class ConnectorDatabase {
  private readonly pool: pg.Pool;
  private reader: pg.Client | null = null;

  constructor(
    private readonly url: string,
    onIdleError: (error: Error) => void,
  ) {
    this.pool = new pg.Pool({ ...this.settings('holdfast-connector'), max: 4 });
    // a dropped idle connection must not end the process; the next query opens another
    this.pool.on('error', onIdleError);
  }

  private settings(applicationName: string): pg.ClientConfig {
    return {
      connectionString: this.url,
      application_name: applicationName,
      options: SESSION_OPTIONS,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      // else the system's two hours: for so long a connection that died without a word would hold the lane
      keepAliveInitialDelayMillis: 10_000,
    };
  }

  async query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    parameters: unknown[] = [],
  ): Promise<R[]> {
    return (await this.pool.query<R>(sql, parameters)).rows;
  }

  async one<R extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<R> {
    const [row] = await this.query<R>(sql, parameters);
    if (row === undefined)
      throw new ConnectorError('database-unexpected', 'The database answered no row where one must be.');
    return row;
  }

  /** Runs `work` on one connection of the pool, outside a transaction. */
  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  /**
   * Runs `work` in one transaction that is on disk when this resolves, whatever the server's default is: an
   * asynchronous commit could be lost with everything that its batch stands on.
   */
  async durably<T>(work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      return await inTransaction(client, work);
    } catch (error) {
      if (error instanceof Error && !('severity' in error) && !(error instanceof ConnectorError))
        broken = error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** The session that snapshots are read in. It keeps its temporary tables; a lost one is opened anew. */
  async snapshotSession(prepare: (session: pg.Client) => Promise<void>): Promise<pg.Client> {
    if (this.reader !== null) return this.reader;
    const client = new pg.Client(this.settings('holdfast-connector snapshot'));
    client.on('error', () => this.forget(client));
    client.on('end', () => this.forget(client));
    await client.connect();
    await prepare(client);
    this.reader = client;
    return client;
  }

  /** After an error inside a snapshot nothing in its session is worth keeping. */
  async dropSnapshotSession(): Promise<void> {
    const client = this.reader;
    this.reader = null;
    await client?.end().catch(() => undefined);
  }

  private forget(client: pg.Client): void {
    if (this.reader === client) this.reader = null;
  }

  async close(): Promise<void> {
    await this.dropSnapshotSession();
    await this.pool.end();
  }
}

/** BEGIN, work, COMMIT with `synchronous_commit` on; rolled back when anything throws. */
export async function inTransaction<C extends Session, T>(
  client: C,
  work: (tx: C) => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL synchronous_commit = on');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // a lost connection has rolled back already, and its error must not hide the first one
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
