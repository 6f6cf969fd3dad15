import {
  createPostgresBackend,
  Queue,
  runMigrations,
  Worker,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { Pool } from 'pg';
import { ConfigError, type QueueConfig } from '../config/index.js';
import { errorCodeOf, type Logger } from '../logging/index.js';
import { timedExternalCall } from '../metrics/index.js';
import type { JobEnvelope } from './job-definition.js';
import { redisOptions } from './redis-address.js';

export type JobsQueue = Queue<JobEnvelope>;
export type JobsWorker = Worker<JobEnvelope>;
type WorkerSettings = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Where queues live. Both kinds behave the same to everything above. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  queue(name: string): JobsQueue;
  worker(name: string, run: Processor<JobEnvelope>, settings: WorkerSettings): JobsWorker;
  /** Resolves while the backend answers. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

const PROBE_MS = 3000;
const LONGEST_RECONNECT_PAUSE_MS = 2000;

/**
 * Connects, and prepares what is missing (on PostgreSQL: the tables).
 * @throws ConfigError when Redis would evict jobs; otherwise the driver's error when nobody answers.
 */
export async function openQueueBackend(
  config: QueueConfig,
  workers: number,
  log: Logger,
): Promise<QueueBackend> {
  const backend =
    config.redisUrl === null
      ? new PostgresQueues(config.databaseUrl ?? '', config, workers, log)
      : new RedisQueues(config, log);
  try {
    await backend.prepare();
    return backend;
  } catch (error) {
    await backend.close().catch(() => undefined);
    throw error;
  }
}

class RedisQueues implements QueueBackend {
  readonly kind = 'redis';
  private readonly producer: Redis;
  private readonly consumers: Redis[] = [];

  private readonly address: RedisOptions;

  constructor(
    private readonly config: QueueConfig,
    private readonly log: Logger,
  ) {
    this.address = redisOptions(config);
    // A request that adds a job must hear at once that Redis is away, not wait in a line in memory.
    this.producer = this.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true });
  }

  async prepare(): Promise<void> {
    await timedExternalCall('queue.connect', () => this.producer.connect(), { timeoutMs: PROBE_MS });
    const policy = /maxmemory_policy:(\S+)/.exec(await this.producer.info('memory'))?.[1] ?? 'noeviction';
    if (policy === 'noeviction') return;
    const expectation = `a Redis with maxmemory-policy noeviction (it has ${policy}, which throws jobs away when memory is short)`;
    throw new ConfigError([{ key: 'queue.redisUrl', expectation, where: 'asked from Redis itself' }]);
  }

  queue(name: string): JobsQueue {
    const options: QueueOptions = {
      connection: this.producer,
      prefix: this.config.prefix,
      skipWaitingForReady: true,
    };
    return new Queue<JobEnvelope>(name, options);
  }

  worker(name: string, run: Processor<JobEnvelope>, settings: WorkerSettings): JobsWorker {
    const connection = this.connect({ maxRetriesPerRequest: null });
    this.consumers.push(connection);
    return new Worker<JobEnvelope>(name, run, { ...settings, connection, prefix: this.config.prefix });
  }

  async probe(): Promise<void> {
    await this.producer.ping();
  }

  close(): Promise<void> {
    for (const connection of [this.producer, ...this.consumers]) connection.disconnect();
    return Promise.resolve();
  }

  private connect(options: RedisOptions): Redis {
    const retryStrategy = (times: number): number => Math.min(50 * 2 ** times, LONGEST_RECONNECT_PAUSE_MS);
    const connection = new Redis({
      ...this.address,
      ...options,
      retryStrategy,
      sentinelRetryStrategy: retryStrategy,
      // A demoted master still answers: only asking the sentinels again leads to the new one.
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
      connectTimeout: PROBE_MS,
    });
    connection.on('error', (error: unknown) => {
      this.log.debug({ event: 'queue.connection-failed', code: errorCodeOf(error) });
    });
    return connection;
  }
}

/** BullMQ keeps its tables in this schema whenever it is given a pool. */
const SCHEMA = 'bullmq';
/** For adding jobs, counting, and settling those that end, beside one LISTEN connection per worker. */
const COMMON_CONNECTIONS = 6;

class PostgresQueues implements QueueBackend {
  readonly kind = 'postgres';
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly config: QueueConfig,
    workers: number,
    log: Logger,
  ) {
    // One pool for all queues: by itself BullMQ would open one for each queue and each worker.
    this.pool = new Pool({
      connectionString: url,
      options: `-c search_path=${SCHEMA} -c timezone=UTC`,
      max: workers + COMMON_CONNECTIONS,
      connectionTimeoutMillis: PROBE_MS,
      keepAlive: true,
      application_name: 'holdfast-queue',
    });
    this.pool.setMaxListeners(0);
    this.pool.on('error', (error) => {
      log.debug({ event: 'queue.connection-failed', code: errorCodeOf(error) });
    });
  }

  async prepare(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  }

  queue(name: string): JobsQueue {
    const queue = new Queue(this.named(name), { connection: this.pool }, createPostgresBackend);
    return queue as unknown as JobsQueue;
  }

  worker(name: string, run: Processor<JobEnvelope>, settings: WorkerSettings): JobsWorker {
    const options = { ...settings, connection: this.pool };
    return new Worker(this.named(name), run, options, createPostgresBackend) as unknown as JobsWorker;
  }

  async probe(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private named(name: string): string {
    return `${this.config.prefix}.${name}`;
  }
}
