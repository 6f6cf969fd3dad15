import { CommanderError } from 'commander';
import { CliError } from './cli.errors.js';
import { buildProgram } from './program.js';

// What a person can mend is told in a sentence; a stack is for a fault of ours.
try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof CliError) {
    process.stderr.write(`${[error.message, ...(error.options.details ?? [])].join('\n  ')}\n`);
    return error.options.exitCode ?? 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 70;
}
