import { join } from 'node:path';
import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../audit/index.js';
import { loadConfig } from '../platform/config/index.js';
import { systemContext, type RequestContext } from '../platform/http/index.js';
import { TrustKeeper } from '../replication/trust/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, withCommonOptions } from './common-options.js';

/** Adds what every command takes that looks at the roots of trust on premises. */
export function withTrustOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .option('--root-keys <folder>', 'folder of root keys (default: root in the folder of keys)');
}

/** The same for what changes them. */
export function withChangeOptions(command: Command): Command {
  return withTrustOptions(command).option('--reason <text>', 'why; kept in the audit');
}

/** Opens the chain of roots of the installation that the options name. */
export async function withTrust<T>(
  command: Command,
  work: (keeper: TrustKeeper, ctx: RequestContext, keysFolder: string) => Promise<T>,
): Promise<T> {
  const { config: file, rootKeys, reason } = command.opts<Record<string, string | undefined>>();
  const path = file ?? join(commonOptions(command).home, 'config', 'server.yaml');
  const { role, tenant, keys } = loadConfig({ file: path });
  if (role !== 'primary')
    throw new CliError(
      `${path} is the configuration of a ${role}. Roots of trust are made on premises: name the server’s with --config.`,
      { exitCode: 2 },
    );
  const ctx = { ...systemContext('holdfast command'), ...(reason === undefined ? {} : { reason }) };
  return withCommandContext(path, async (context) => {
    const keeper = await TrustKeeper.open(context.get(DataSource), context.get(AuditTrail), {
      tenant: tenant.id,
      keysFolder: keys.folder,
      ...(rootKeys === undefined ? {} : { rootFolder: rootKeys }),
    });
    return work(keeper, ctx, keys.folder);
  });
}
