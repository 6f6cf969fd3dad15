import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../platform/config/index.js';
import { withClient } from '../platform/database/index.js';
import type { RequestContext } from '../platform/http/index.js';
import {
  addManifestKey,
  fingerprintOf,
  nextManifestKey,
  prepareManifestKey,
  retireManifestKey,
  rotateRecipient,
  rotateRootKey,
  viewKeys,
  type KeyView,
  type TrustKeeper,
} from '../replication/trust/index.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';
import { readInputFile } from './input-file.js';
import { withChangeOptions, withTrust, withTrustOptions } from './trust-context.js';

/** Keys change through numbered roots; whoever reads follows the numbers. */
export function cloudKeysCommand(): Command {
  return new Command('keys')
    .description('Keys that the cloud copy is signed with and sealed to.')
    .addCommand(listCommand())
    .addCommand(prepareCommand())
    .addCommand(rotateCommand())
    .addCommand(retireCommand());
}

function listCommand(): Command {
  return withTrustOptions(new Command('list'))
    .description('Every root and manifest key that was ever listed. Keys of replicas: cloud replica list.')
    .action(async (_options: unknown, command: Command) => {
      await withTrust(command, async (keeper) => {
        const keys = await viewKeys(keeper);
        print(commonOptions(command), { root: keeper.chain.current.version, keys }, [
          `newest root: ${keeper.chain.current.version}`,
          ...keys.map(keyLine),
        ]);
      });
    });
}

function keyLine({ kind, fingerprint, since, retiredBy, isInUse }: KeyView): string {
  const end = retiredBy === null ? '' : `, retired by root ${retiredBy}`;
  return `${kind.padEnd(8)} ${fingerprint}  since root ${since}${end}${isInUse === true ? ', in use' : ''}`;
}

function prepareCommand(): Command {
  return withCommonOptions(new Command('prepare'))
    .description(
      'On the connector’s host, as its user: makes its next signing key and prints the public half.',
    )
    .option('--config <file>', 'configuration file (default: config/connector.yaml in the home folder)')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { config: file } = command.opts<{ config?: string }>();
      const config = loadConfig({ file: file ?? join(common.home, 'config', 'connector.yaml') });
      const roots = await withClient(config.database.url, 'holdfast command', async (client) => {
        const { rows } = await client.query<{ version: number; object: Buffer }>(
          'SELECT version, object FROM replication.trust_root ORDER BY version',
        );
        return rows;
      });
      const key = await prepareManifestKey(config.keys.folder, config.tenant.id, roots);
      print(common, { key, fingerprint: fingerprintOf(key) }, [
        `The next signing key is ${fingerprintOf(key)}. On premises, where the root keys are:`,
        `  holdfast cloud keys rotate --manifest --public-key ${key}`,
      ]);
    });
}

interface RotateOptions {
  manifest: boolean;
  publicKey?: string;
  rootKey: boolean;
  recipient?: string;
}

function rotateCommand(): Command {
  return withChangeOptions(new Command('rotate'))
    .description('Brings a new key into force through the next root.')
    .option('--manifest', 'what the connector signs with; the old one stays until it is retired', false)
    .option('--public-key <key>', 'of the key that the connector’s host has prepared', publicKey)
    .option('--root-key', 'what roots are signed with', false)
    .option('--recipient <file>', 'what is sealed to, for one replica: its file from replica enrol --renew')
    .action(async (_options: unknown, command: Command) => {
      const options = command.opts<RotateOptions>();
      const chosen = [options.manifest, options.rootKey, options.recipient !== undefined].filter(Boolean);
      if (chosen.length !== 1 || (options.publicKey !== undefined && !options.manifest))
        throw new CliError(
          'Name one of --manifest (with --public-key where the key is elsewhere), --root-key, --recipient FILE.',
          { exitCode: 2 },
        );
      await withTrust(command, async (keeper, ctx, keysFolder) => {
        const lines = await rotate(keeper, ctx, { ...options, keysFolder });
        const { version: root } = keeper.chain.current;
        print(commonOptions(command), { root }, [`Root ${root} is made.`, ...lines]);
      });
    });
}

async function rotate(
  keeper: TrustKeeper,
  ctx: RequestContext,
  options: RotateOptions & { keysFolder: string },
): Promise<string[]> {
  if (options.rootKey) {
    await rotateRootKey(keeper, ctx);
    return ['It is signed by the old root key and the fresh one, which has taken its place. Back it up.'];
  }
  if (options.recipient !== undefined) {
    const { name } = await rotateRecipient(keeper, ctx, await readInputFile(options.recipient));
    return [`The connector begins a new generation that is sealed to the new key of ${name}.`];
  }
  const key = options.publicKey ?? (await nextManifestKey(options.keysFolder, keeper.chain));
  const before = keeper.chain.current.manifestKeys.map(fingerprintOf);
  await addManifestKey(keeper, ctx, key);
  return [
    `The connector takes up the key ${fingerprintOf(key)} by itself. Once holdfast cloud keys list shows it in use:`,
    ...before.map((fingerprint) => `  holdfast cloud keys retire ${fingerprint}`),
  ];
}

function retireCommand(): Command {
  return withChangeOptions(new Command('retire'))
    .description('Ends a manifest key: what it signs from now on is refused everywhere.')
    .argument('<fingerprint>', 'or its beginning; holdfast cloud keys list shows them', fingerprint)
    .option('--force', 'also where the connector still signs with it', false)
    .action(async (beginning: string, _options: unknown, command: Command) => {
      const { force } = command.opts<{ force: boolean }>();
      await withTrust(command, async (keeper, ctx) => {
        const key = await retireManifestKey(keeper, ctx, beginning, force);
        const { version: root } = keeper.chain.current;
        print(commonOptions(command), { root, fingerprint: fingerprintOf(key) }, [
          `Root ${root} no longer lists the key ${fingerprintOf(key)}. The connector begins a new generation.`,
        ]);
      });
    });
}

function publicKey(text: string): string {
  if (Buffer.from(text, 'base64').toString('base64') !== text || Buffer.from(text, 'base64').length !== 32)
    throw new InvalidArgumentError('should be 32 bytes in base64, as keys prepare prints them');
  return text;
}

function fingerprint(text: string): string {
  if (!/^[0-9a-f]{4,16}$/.test(text))
    throw new InvalidArgumentError('should be 4 to 16 hexadecimal digits, in small letters');
  return text;
}
