// How every process of Holdfast begins and ends: a wrong configuration ends it before anything is touched, a signal
// lets it finish what it has in hand.
import { ConfigError, configFileOf, EXIT_CONFIG, loadConfig, type AppConfig } from '../config/index.js';
import type { Logger } from '../logging/index.js';

const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

/** Reads the configuration that the command line names; prints what is wrong with it and exits with 78. */
export function configOrExit(argv: readonly string[]): AppConfig {
  try {
    const file = configFileOf(argv);
    return loadConfig(file === undefined ? {} : { file });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(EXIT_CONFIG);
  }
}

/**
 * Calls `close` at SIGTERM, SIGINT and when the process that started this one is gone, then exits. A second signal does
 * not wait. The process also ends where `close` takes longer than `timeoutMs`.
 */
export function stopOnSignals(
  name: string,
  close: () => Promise<void>,
  log: Logger,
  timeoutMs: number,
): void {
  let isStopping = false;
  const stop = (reason: string): void => {
    if (isStopping) process.exit(EXIT_INTERRUPTED);
    isStopping = true;
    log.info({ event: `${name}.stopping`, reason });
    setTimeout(() => {
      log.error({ event: `${name}.stop-timeout`, timeoutMs });
      process.exit(EXIT_FAILED);
    }, timeoutMs).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ event: `${name}.stop-failed`, err: error });
        process.exit(EXIT_FAILED);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  process.once('disconnect', () => stop('parent gone'));
}
