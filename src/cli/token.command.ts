import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { DataSource } from 'typeorm';
import { ApiTokens, isNetwork, tokenScopes, type TokenScope } from '../access/index.js';
import { query } from '../platform/database/index.js';
import { systemContext } from '../platform/http/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface TokenOptions {
  readonly name: string;
  readonly scope: TokenScope[];
  readonly days: string;
  readonly config?: string;
  /** from anywhere when left out */
  readonly from?: string[];
}

const ctx = systemContext('holdfast command');

function scope(text: string, sofar: readonly TokenScope[] = []): TokenScope[] {
  const found = tokenScopes.find((known) => known === text);
  if (!found) throw new InvalidArgumentError(`should be one of ${tokenScopes.join(', ')}`);
  return [...sofar, found];
}

function network(text: string, sofar: readonly string[] = []): string[] {
  if (!isNetwork(text))
    throw new InvalidArgumentError(
      'should be an address, or a network such as 192.0.2.0/24 or 2001:db8::/32',
    );
  return [...sofar, text];
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
    .option('--from <network>', 'address or network it may be used from; may be given several times', network)
    .option('--days <number>', 'days until it ends', '90')
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .action(async (email: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { name, scope: scopes, days, config, from } = command.opts<TokenOptions>();
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
          const limits = from === undefined ? {} : { allowedNetworks: from };
          return context.get(ApiTokens).create(ctx, { userId: user.id, name, scopes, expiresAt, ...limits });
        },
      );
      print(common, { token: made.token, ...made.summary }, [made.token]);
    });
}
