import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configFileOf, ConfigError, EXIT_CONFIG, loadConfig, type AppConfig } from '../config/index.js';
import { createHttpApp, isUnavailable, listen } from '../http/index.js';
import { createLogger, safeError, type Logger } from '../logging/index.js';
import { pause } from '../pauses/index.js';
import { prepareDatabase, probeDependencies } from './dependencies.js';
import { NotReadyServer } from './not-ready-server.js';

const EXIT_FAILED = 1;
const PARENT_GONE = 'parent gone';
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** npm, a terminal and a supervisor may each pass one Ctrl-C on: only a later signal is a second one. */
const SAME_SIGNAL_MS = 1000;
/** Beyond the time that requests and jobs get, for closing pools and sockets. */
const STOP_GRACE_MS = 5000;

type ModuleOf = (config: AppConfig) => Promise<Type | DynamicModule>;

/**
 * The life of a server process: reads the config (or says what is wrong and exits 78), starts, answers 503 and tries
 * again while a dependency is away, and at SIGTERM, SIGINT or the end of its parent stops accepting, finishes
 * requests and jobs, closes pools and exits 0. A second signal exits at once.
 */
export async function runProcess(moduleOf: ModuleOf): Promise<void> {
  const config = readConfig();
  const log = createLogger({ level: config.log.level, name: config.role });
  const life = new ProcessLife(config, log);
  try {
    await life.start(moduleOf);
  } catch (error) {
    if (error instanceof ConfigError) refuse(error);
    log.fatal({ event: 'process.not-started', err: error });
    process.exit(EXIT_FAILED);
  }
}

function readConfig(): AppConfig {
  try {
    const file = configFileOf(process.argv);
    return loadConfig(file === undefined ? {} : { file });
  } catch (error) {
    if (error instanceof ConfigError) refuse(error);
    throw error;
  }
}

function refuse(error: ConfigError): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(EXIT_CONFIG);
}

class ProcessLife {
  private app: NestFastifyApplication | null = null;
  private readonly notReady: NotReadyServer;
  private readonly stopping = new AbortController();
  private stoppingSince = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly log: Logger,
  ) {
    this.notReady = new NotReadyServer(config);
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        this.stop(signal);
      });
    // Started by `npm start`, which is gone however it went.
    process.once('disconnect', () => {
      this.stop(PARENT_GONE);
    });
    process.on('unhandledRejection', (error) => {
      log.fatal({ event: 'process.unhandled-rejection', err: safeError(error) });
      process.exit(EXIT_FAILED);
    });
  }

  async start(moduleOf: ModuleOf): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.stopping.signal.aborted; pauseMs *= 2) {
      try {
        await this.startOnce(moduleOf);
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        const checks = await probeDependencies(this.config, error);
        this.log.warn({ event: 'process.waiting', checks });
        await this.notReady.show(checks);
        const ms = Math.min(pauseMs, LONGEST_PAUSE_MS);
        await pause(ms, this.stopping.signal);
      }
    }
  }

  private async startOnce(moduleOf: ModuleOf): Promise<void> {
    await prepareDatabase(this.config);
    const app = await createHttpApp(await moduleOf(this.config), this.config, this.log);
    if (this.stopping.signal.aborted) {
      await app.close();
      return;
    }
    await this.notReady.close();
    const port = await listen(app, this.config);
    this.app = app;
    const { host } = this.config.http;
    const startedMs = Math.round(process.uptime() * 1000);
    const memoryMb = Math.round(process.memoryUsage.rss() / 1_048_576);
    this.log.info({ event: 'process.started', role: this.config.role, host, port, startedMs, memoryMb });
  }

  private stop(reason: string): void {
    if (this.stopping.signal.aborted) {
      if (reason === PARENT_GONE || Date.now() - this.stoppingSince < SAME_SIGNAL_MS) return;
      this.log.warn({ event: 'process.stopped-at-once', reason });
      process.exit(EXIT_FAILED);
    }
    this.stoppingSince = Date.now();
    this.stopping.abort();
    this.log.info({ event: 'process.stopping', reason });
    const limitMs = this.config.http.limits.stopTimeoutMs + STOP_GRACE_MS;
    const tooLate = sleep(limitMs, 'late' as const, { ref: false });
    Promise.race([this.close(), tooLate]).then(
      (outcome) => {
        this.log.info({ event: 'process.stopped', reason, isCutOff: outcome === 'late' });
        process.exit(outcome === 'late' ? EXIT_FAILED : 0);
      },
      (error: unknown) => {
        this.log.error({ event: 'process.stop-failed', err: error });
        process.exit(EXIT_FAILED);
      },
    );
  }

  private async close(): Promise<void> {
    await this.notReady.close();
    if (!this.app) return;
    // Nest closes the port only when the jobs have ended; until then requests would still come in.
    const requestsDone = this.app.getHttpAdapter().getInstance().close();
    await Promise.all([this.app.close(), requestsDone]);
  }
}
