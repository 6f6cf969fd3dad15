import 'reflect-metadata';
import { ConfigError, configFileOf, EXIT_CONFIG, loadConfig, type AppConfig } from '../src/platform/config/index.js';
import { createHttpApp, listen } from '../src/platform/http/index.js';
import { createLogger, type Logger } from '../src/platform/logging/index.js';
import { ConnectorModule } from './connector.module.js';

const EXIT_FAILED = 1;

const config = readConfig();
const log = createLogger({ level: config.log.level, name: 'connector' });
await run(config, log);

function readConfig(): AppConfig {
  try {
    const file = configFileOf(process.argv);
    return loadConfig(file === undefined ? {} : { file });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

async function run(config: AppConfig, log: Logger): Promise<void> {
  try {
    const app = await createHttpApp(ConnectorModule.forRoot(), config, log);
    const port = await listen(app, config);
    log.info({ event: 'connector.started', port });
    stopInOrder(() => app.close(), log);
  } catch (error) {
    log.fatal({ event: 'connector.not-started', err: error });
    process.exit(EXIT_FAILED);
  }
}

/** On SIGTERM, on Ctrl-C, and when the process that started this one is gone. */
function stopInOrder(close: () => Promise<void>, log: Logger): void {
  let isStopping = false;
  const stop = (reason: string): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ event: 'connector.stopping', reason });
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ event: 'connector.stop-failed', err: error });
        process.exit(EXIT_FAILED);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));
  process.once('disconnect', () => stop('parent gone'));
}
