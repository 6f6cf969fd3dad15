// The whole product on one machine, for trying it: PostgreSQL, server, connector and one replica, started in order,
// watched, and stopped in the reverse order.
import { CommanderError } from 'commander';
import { CliError } from '../cli.errors.js';
import { Home } from './home.js';
import { HomeLock } from './home-lock.js';
import { Installation } from './installation.js';
import { readOptions } from './options.js';
import { Reporter } from './reporter.js';

const reporter = new Reporter();
// Above the line that waits for the whole life of the process: what stands below it has no value yet.
/** npm and the terminal each pass one Ctrl-C on: only a later one is a second one. */
const sameSignalMs = 1500;
// What a start that was broken off still waits for must not hold this process up.
process.exit(await run());

async function run(): Promise<number> {
  try {
    const options = readOptions(process.argv);
    const home = new Home(options.home);
    await home.make();
    const lock = await HomeLock.take(home);
    const installation = new Installation(home, options, reporter);
    const stopped = stopOnSignal(installation);
    try {
      await Promise.race([installation.start(), stopped]);
      await stopped;
    } finally {
      await installation.stop();
      await lock.release();
    }
    return 0;
  } catch (error) {
    return report(error);
  }
}

/** Resolves at the first signal. A second one means it: everything is killed, PostgreSQL with it. */
function stopOnSignal(installation: Installation): Promise<void> {
  return new Promise((resolve) => {
    let since = 0;
    const onSignal = (): void => {
      if (since > 0 && Date.now() - since < sameSignalMs) return;
      if (since > 0) {
        installation.kill();
        process.exit(130);
      }
      since = Date.now();
      reporter.line();
      reporter.line('Stopping; once more to stop at once.');
      installation.abandon();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  reporter.line();
  if (error instanceof CliError) {
    process.stderr.write(`${[error.message, ...(error.options.details ?? [])].join('\n  ')}\n`);
    return error.options.exitCode ?? 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
