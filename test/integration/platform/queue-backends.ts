import { rm } from 'node:fs/promises';
import { startEmbeddedPostgres } from '../../../src/platform/embedded/index.js';
import { freePort, makeTempFolder, startRedis } from '../../support/index.js';

/** A queue backend of the test's own, which it may kill. */
export interface TestBackend {
  env: Record<string, string>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function redisBackend(): Promise<TestBackend> {
  const [port, folder] = [await freePort(), await makeTempFolder('queue-redis')];
  let redis = await startRedis({ port, folder });
  return {
    env: { REDIS_URL: redis.url },
    kill: () => redis.kill(),
    restart: async () => {
      redis = await startRedis({ port, folder });
    },
    stop: async () => {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function postgresBackend(): Promise<TestBackend> {
  const [port, dataFolder] = [await freePort(), await makeTempFolder('queue-postgres')];
  let server = await startEmbeddedPostgres({ dataFolder, port });
  return {
    env: { HOLDFAST_QUEUE_DATABASE_URL: server.url },
    kill: () => server.kill(),
    restart: async () => {
      server = await startEmbeddedPostgres({ dataFolder, port });
    },
    stop: async () => {
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
