import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import type { AppConfig, QueueConfig } from '../config/index.js';
import { migrate, pendingMigrations, withClient } from '../database/index.js';
import { DomainError } from '../errors/index.js';
import { errorCodeOf } from '../logging/index.js';
import { timedExternalCall } from '../metrics/index.js';
import { redisOptions } from '../queue/index.js';
import { MigrationsPending } from './database.module.js';

const PROBE_MS = 3000;

/** Brings the schema up to this program where it may, and checks it where it may not. */
export async function prepareDatabase({ role, database }: AppConfig): Promise<void> {
  if (role === 'connector') return;
  if (database.ownerUrl !== null) {
    await migrate(database.ownerUrl, role);
    return;
  }
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    connectTimeoutMS: PROBE_MS,
    poolSize: 1,
  });
  await dataSource.initialize();
  try {
    if ((await pendingMigrations(dataSource)).length > 0) throw new MigrationsPending();
  } finally {
    await dataSource.destroy();
  }
}

/** Looks at each dependency by itself, so that /readyz says which one keeps the process from starting. */
export async function probeDependencies(
  config: AppConfig,
  startError: unknown,
): Promise<Record<string, string | null>> {
  const { database, queue } = config;
  const result: Record<string, string | null> = {
    database: await failureOf(() => askPostgres(database.url)),
  };
  const { redisUrl, databaseUrl } = queue;
  if (redisUrl !== null) result['queue'] = await failureOf(() => askRedis(queue));
  else if (databaseUrl !== null) result['queue'] = await failureOf(() => askPostgres(databaseUrl));
  if (startError instanceof MigrationsPending) result['migrations'] = startError.code;
  // All answer now, or what is missing has no probe: the start itself tells.
  if (Object.values(result).every((failure) => failure === null)) result['start'] = codeOf(startError);
  return result;
}

async function failureOf(probe: () => Promise<unknown>): Promise<string | null> {
  try {
    await timedExternalCall('boot.probe', probe, { timeoutMs: PROBE_MS });
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof DomainError && !(error.cause instanceof Error) ? error.code : errorCodeOf(causeOf(error));

const causeOf = (error: unknown): unknown => (error instanceof DomainError ? (error.cause ?? error) : error);

const askPostgres = (url: string): Promise<unknown> =>
  withClient(url, 'holdfast start', (client) => client.query('SELECT 1'));

async function askRedis(queue: QueueConfig): Promise<unknown> {
  const client = new Redis({
    ...redisOptions(queue),
    ...{
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      sentinelRetryStrategy: () => null,
    },
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.ping();
  } finally {
    client.disconnect();
  }
}
