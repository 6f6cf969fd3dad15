import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { DataSource } from 'typeorm';
import { ApiTokens, tokenScopes, type TokenScope } from '../access/index.js';
import { query } from '../platform/database/index.js';
import { systemContext } from '../platform/http/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

const ctx = systemContext('holdfast command');

function scope(text: string, sofar: readonly TokenScope[] = []): TokenScope[] {
  const found = tokenScopes.find((known) => known === text);
  if (!found) throw new InvalidArgumentError(`should be one of ${tokenScopes.join(', ')}`);
  return [...sofar, found];
}

export function tokenCommand(): Command {
  return new Command('token').description('Makes API tokens.').addCommand(createCommand());
}

function createCommand(): Command {
  return withCommonOptions(new Command('create'))
    .description('Makes an API token that acts for a person. It is shown once.')
    .argument('<email>', 'the person')
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope...>', `one of ${tokenScopes.join(', ')}; may be given several times`, scope, [
      'read',
    ] as TokenScope[])
    .option('--days <number>', 'days until it ends', '90')
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .action(async (email: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const {
        name,
        scope: scopes,
        days,
        config,
      } = command.opts<{ name: string; scope: TokenScope[]; days: string; config?: string }>();
      const lifetimeDays = Number(days);
      if (!(lifetimeDays > 0)) throw new CliError('--days should be a number above 0.');
      const expiresAt = new Date(Date.now() + lifetimeDays * 86_400_000);
      const made = await withCommandContext(
        config ?? join(common.home, 'config', 'server.yaml'),
        async (context) => {
          const [user] = await query<{ id: string }>(
            context.get(DataSource),
            `SELECT id FROM crm."user" WHERE lower(email) = lower($1) AND deleted_at IS NULL`,
            [email],
          );
          if (!user) throw new CliError(`There is nobody with the address ${email}.`);
          return context.get(ApiTokens).create(ctx, { userId: user.id, name, scopes, expiresAt });
        },
      );
      print(common, { token: made.token, ...made.summary }, [made.token]);
    });
}
