import pg from 'pg';
import { DataSource } from 'typeorm';
import { SnakeNamingStrategy } from './naming.strategy.js';

/** A class of any shape; TypeORM reads its decorators. */
export type AnyClass = new (...args: never[]) => object;

export interface DataSourceSettings {
  url: string;
  entities: readonly AnyClass[];
  migrations?: readonly AnyClass[];
  /** connections at most; 10 when left out */
  poolSize?: number;
  /** what an administrator sees in pg_stat_activity */
  applicationName: string;
  /** a statement that runs longer is cancelled; 30,000 when left out, 0 is no limit */
  statementTimeoutMs?: number;
  /** a transaction that waits longer for its client is ended; 60,000 when left out, 0 is no limit */
  idleInTransactionTimeoutMs?: number;
  /** how long a new connection may take; 10,000 when left out */
  connectTimeoutMs?: number;
}

export const migrationsSchema = 'platform';
export const migrationsTable = 'schema_migration';

const dateOid = 1082;
const defaultParser = pg.types.getTypeParser as (oid: number, format?: string) => unknown;

/** pg turns a calendar day into midnight of the machine's time zone, which is another day elsewhere: keep the text. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string): unknown =>
    oid === dateOid ? String : defaultParser(oid, format),
};

/** A TypeORM data source that is not connected yet: the caller initialises it, retries and destroys it. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return new DataSource({
    type: 'postgres',
    url: settings.url,
    schema: migrationsSchema,
    entities: [...settings.entities],
    migrations: [...(settings.migrations ?? [])],
    migrationsTableName: migrationsTable,
    namingStrategy: new SnakeNamingStrategy(),
    synchronize: false,
    installExtensions: false,
    applicationName: settings.applicationName,
    poolSize: settings.poolSize ?? 10,
    connectTimeoutMS: settings.connectTimeoutMs ?? 10_000,
    extra: { options: sessionOptions(settings), keepAlive: true, types: columnTypes },
  });
}

/** Settings that every connection starts with, whatever the server's own configuration says. */
export function sessionOptions(
  settings: Pick<DataSourceSettings, 'statementTimeoutMs' | 'idleInTransactionTimeoutMs'>,
): string {
  const values = {
    timezone: 'UTC',
    datestyle: 'ISO',
    intervalstyle: 'postgres',
    extra_float_digits: 1,
    statement_timeout: settings.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs ?? 60_000,
  };
  return Object.entries(values)
    .map(([key, value]) => `-c ${key}=${value}`)
    .join(' ');
}
