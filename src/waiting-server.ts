// A server whose database is away must not look dead: it answers /healthz, says on /readyz what it waits for, and
// goes on trying.
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import type { AppConfig } from './platform/config/index.js';
import { HealthModule, HealthRegistry } from './platform/health/index.js';
import { createHttpApp, listen } from './platform/http/index.js';
import { errorCodeOf, type Logger } from './platform/logging/index.js';
import { connectDatabase } from './server-database.js';

const firstPauseMs = 250;
const longestPauseMs = 10_000;

@Module({ imports: [HealthModule] })
class WaitingModule {}

/** Connects to the database however long that takes. */
export async function waitForDatabase(config: AppConfig, log: Logger): Promise<DataSource> {
  let waiting: NestFastifyApplication | null = null;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      const dataSource = await connectDatabase(config);
      await waiting?.close();
      return dataSource;
    } catch (error) {
      log.warn({
        event: 'server.waiting-for-database',
        code: errorCodeOf(error),
        err: error,
        nextTryMs: pauseMs,
      });
      waiting ??= await answerMeanwhile(config, log, error);
      await sleep(pauseMs);
    }
  }
}

async function answerMeanwhile(
  config: AppConfig,
  log: Logger,
  reason: unknown,
): Promise<NestFastifyApplication> {
  const app = await createHttpApp(WaitingModule, config, log);
  app
    .get(HealthRegistry)
    .register('database', () => Promise.reject(reason instanceof Error ? reason : new Error('unreachable')));
  await listen(app, config);
  return app;
}
