import { resolve } from 'node:path';
import type { Command } from 'commander';

export interface CommonOptions {
  /** absolute */
  readonly home: string;
  readonly json: boolean;
}

/** Adds what every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .exitOverride()
    .option('--home <folder>', 'folder of the installation', '.holdfast')
    .option('--json', 'print JSON instead of text', false);
}

export function commonOptions(command: Command): CommonOptions {
  const { home, json } = command.opts<{ home: string; json: boolean }>();
  return { home: resolve(home), json };
}

/** Prints a result for people or for programs. */
export function print(options: CommonOptions, value: unknown, text: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text.join('\n')}\n`);
}
