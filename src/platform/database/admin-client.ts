import pg from 'pg';
import { sessionOptions } from './data-source.js';

/** Runs `work` on one connection of its own, without time limits: migrations of large tables take as long as they take. */
export async function withClient<T>(
  url: string,
  applicationName: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    options: sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 }),
  });
  // a lost connection also fails the query in progress, which is where it is reported
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Advisory lock keys; one number space per database. */
export const lockKeys = {
  bootstrap: 4_839_205_001,
  migrate: 4_839_205_002,
} as const;

/** Runs `work` while no other session holds the lock; others wait. It ends with the connection, so a crash frees it. */
export async function withAdvisoryLock<T>(
  client: pg.Client,
  key: number,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('SELECT pg_advisory_lock($1)', [key]);
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [key]);
  }
}
