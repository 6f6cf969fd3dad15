import 'reflect-metadata';
import type { AppConfig } from './platform/config/index.js';
import { createHttpApp, listen } from './platform/http/index.js';
import { createLogger, type Logger } from './platform/logging/index.js';
import { configOrExit, stopOnSignals } from './platform/process/index.js';
import { PrimaryModule } from './primary.module.js';
import { ReplicaServerModule } from './replica.module.js';
import { waitForDatabase } from './waiting-server.js';

const config = configOrExit(process.argv);
const log = createLogger({ level: config.log.level, name: config.role === 'replica' ? 'replica' : 'server' });
await run(config, log);

async function run(config: AppConfig, log: Logger): Promise<void> {
  let close = (): Promise<void> => Promise.resolve();
  stopOnSignals('server', () => close(), log, config.http.limits.stopTimeoutMs + 5_000);
  try {
    const dataSource = await waitForDatabase(config, log);
    const feature = config.role === 'replica' ? ReplicaServerModule : PrimaryModule;
    const app = await createHttpApp(feature.forConfig(config, dataSource), config, log);
    close = () => app.close();
    const port = await listen(app, config);
    log.info({
      event: 'server.started',
      role: config.role,
      port,
      startMs: Math.round(process.uptime() * 1000),
    });
  } catch (error) {
    log.fatal({ event: 'server.not-started', err: error });
    process.exit(1);
  }
}
