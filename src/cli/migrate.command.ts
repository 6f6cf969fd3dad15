import { Command } from 'commander';
import { join } from 'node:path';
import { loadConfig } from '../platform/config/index.js';
import { migrate } from '../platform/database/index.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

export function migrateCommand(): Command {
  return withCommonOptions(new Command('migrate'))
    .description(
      'Brings a database to the schema of this release. Safe to run again, and to run twice at once.',
    )
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { config: file } = command.opts<{ config?: string }>();
      const config = loadConfig({ file: file ?? join(common.home, 'config', 'server.yaml') });
      if (config.database.ownerUrl === null)
        throw new CliError(
          'The configuration needs database.ownerUrl, the address of the database as holdfast_owner.',
          { exitCode: 78 },
        );
      const steps: string[] = [];
      await migrate(
        config.database.ownerUrl,
        config.role === 'replica' ? 'replica' : 'primary',
        ({ name, step, of, durationMs }) => {
          steps.push(name);
          if (!common.json) process.stdout.write(`${step}/${of} ${name} (${durationMs} ms)\n`);
        },
      );
      print(common, { applied: steps }, [steps.length === 0 ? 'Nothing to do.' : 'Done.']);
    });
}
