import fastifyCookie from '@fastify/cookie';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppConfig, ConfigModule } from '../config/index.js';
import { LoggingModule, NestLogger, type Logger } from '../logging/index.js';
import { startProcessMetrics } from '../metrics/index.js';
import { registerBodyDeadline } from './body-deadline.js';
import { applyBodyLimits } from './body-limit.decorator.js';
import { registerBodyParsers } from './body-parsers.js';
import { fastifyOptions } from './fastify-options.js';
import { ProblemFilter } from './problem.filter.js';
import { registerRequestHooks } from './request-hooks.js';
import { serveWeb } from './static-web.js';
import { validationPipe } from './validation.js';

@Module({})
class RootModule {}

/**
 * The Nest application of a server, with every limit, header, parser and filter, initialised but not listening:
 * `await listen(app, config)` opens the port. Config and logger can be injected everywhere in `feature`.
 */
export async function createHttpApp(
  feature: Type | DynamicModule,
  config: AppConfig,
  log: Logger,
): Promise<NestFastifyApplication> {
  startProcessMetrics();
  const adapter = new FastifyAdapter(fastifyOptions(config, log));
  const instance: FastifyInstance = adapter.getInstance();
  const { limits } = config.http;
  const uploads = { import: limits.importBytes, file: config.files.maxBytes };
  applyBodyLimits(instance, uploads);
  registerRequestHooks(instance, config, log);
  registerBodyDeadline(instance, limits);
  registerBodyParsers(instance, limits, uploads);
  await instance.register(fastifyCookie);
  const root: DynamicModule = {
    module: RootModule,
    imports: [ConfigModule.forRoot(config), LoggingModule.forRoot(log), feature],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  try {
    await furnish(app, instance, config, log);
  } catch (error) {
    // Pools and timers of what had started already would keep the process from ending.
    await app.close();
    throw error;
  }
  return app;
}

async function furnish(
  app: NestFastifyApplication,
  instance: FastifyInstance,
  config: AppConfig,
  log: Logger,
): Promise<void> {
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalPipes(validationPipe());
  const { server } = instance;
  server.maxConnections = config.http.limits.connections;
  server.maxHeadersCount = config.http.limits.headerCount + 1;
  if (config.web.folder !== null) await serveWeb(instance, config.web.folder, log);
  await app.init();
}

/** Opens the port. @returns the port, which the config may have left to the system. */
export async function listen(app: NestFastifyApplication, config: AppConfig): Promise<number> {
  await app.listen({ port: config.http.port, host: config.http.host });
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address !== null ? address.port : config.http.port;
}
