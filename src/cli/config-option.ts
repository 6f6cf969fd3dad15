import { join } from 'node:path';
import type { Command } from 'commander';
import { withCommonOptions, type CommonOptions } from './common-options.js';

/** Adds what every command takes that works on the database itself. */
export function withConfig(command: Command): Command {
  return withCommonOptions(command).option(
    '--config <file>',
    'configuration file (default: config/server.yaml in the home folder)',
  );
}

export function configFile(common: CommonOptions, command: Command): string {
  return command.opts<{ config?: string }>().config ?? join(common.home, 'config', 'server.yaml');
}
