import { CommanderError } from 'commander';
import { ConfigError, EXIT_CONFIG } from '../platform/config/index.js';
import { DomainError } from '../platform/errors/index.js';
import { CliError } from './cli.errors.js';
import { buildProgram } from './program.js';

const EXIT_USAGE = 2;

// What a person can mend is told in a sentence; a stack is for a fault of ours.
try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // 0 after --help and --version; anything else is an argument that was not understood
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof CliError) {
    process.stderr.write(`${[error.message, ...(error.options.details ?? [])].join('\n  ')}\n`);
    return error.options.exitCode ?? 1;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof DomainError) {
    const { message: sentence, errors = [] } = error;
    const lines = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    process.stderr.write(`${[sentence, ...lines].join('\n  ')}\n`);
    return 1;
  }
  if ((error as { code?: unknown } | null)?.code === 'ECONNREFUSED') {
    process.stderr.write('The database does not answer. Is Holdfast running?\n');
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 70;
}
