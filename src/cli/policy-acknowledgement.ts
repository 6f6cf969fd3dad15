import type { Command } from 'commander';
import { CliError } from './cli.errors.js';

/** Each warning that the server can ask to be acknowledged, with the option that does so. */
const options = {
  'empties-replica': [
    '--yes-it-empties-the-replica',
    'goes on though no record would be left in the cloud copy',
  ],
  'removes-most': [
    '--yes-it-removes-most-records',
    'goes on though more than half of the records would leave',
  ],
  'lets-held-out': ['--yes-it-lets-held-deletes-out', 'goes on though the brake holds deletes back'],
  'not-compared': ['--yes-without-comparing', 'goes on though the server could not count what would leave'],
} as const;

interface Warning {
  readonly code: string;
  readonly cause: string;
  readonly effect: string;
  readonly action: string;
}

export function withAcknowledgements(command: Command): Command {
  for (const [flag, description] of Object.values(options)) command.option(flag, description, false);
  return command;
}

/** The warnings that the options of a command acknowledge. */
export function acknowledgedBy(command: Command): string[] {
  return Object.entries(options).flatMap(([code, [flag]]) =>
    command.getOptionValue(nameOf(flag)) === true ? [code] : [],
  );
}

/** Runs `work`; where the server wants a warning acknowledged first, says with which option that is done. */
export async function explainingWarnings<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const warnings = error instanceof CliError ? error.options.problem?.['warnings'] : undefined;
    if (!Array.isArray(warnings)) throw error;
    throw new CliError('Nothing was changed, because of what the policy would do:', {
      details: (warnings as Warning[]).flatMap(({ code, cause, effect, action }) => [
        `${cause} ${effect}`,
        `${action} Go on with ${flagFor(code)}.`,
      ]),
    });
  }
}

function flagFor(code: string): string {
  return Object.hasOwn(options, code) ? options[code as keyof typeof options][0] : `acknowledge: ${code}`;
}

function nameOf(flag: string): string {
  return flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
