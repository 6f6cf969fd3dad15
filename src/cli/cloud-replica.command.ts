import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import {
  addReplica,
  enrolHost,
  fingerprintOf,
  newestPosition,
  revokeReplica,
  viewReplicas,
  type ReplicaView,
} from '../replication/trust/index.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';
import { readInputFile } from './input-file.js';
import { withChangeOptions, withTrust, withTrustOptions } from './trust-context.js';

/** Who may decrypt: replicas come by an enrolment file that is carried by hand, and go by a root that leaves them out. */
export function cloudReplicaCommand(): Command {
  return new Command('replica')
    .description('Replicas that may read the cloud copy.')
    .addCommand(enrolCommand())
    .addCommand(addCommand())
    .addCommand(revokeCommand())
    .addCommand(listCommand());
}

interface EnrolOptions {
  name: string;
  tenant: string;
  root: string;
  out: string;
  keys?: string;
  renew: boolean;
}

function enrolCommand(): Command {
  return withCommonOptions(new Command('enrol'))
    .description('On the replica’s host: makes its keys, which stay there, and the file for the premises.')
    .requiredOption('--name <name>', 'of the replica, as replica.name in its configuration')
    .requiredOption('--tenant <tenant>', 'tenant.id of the premises')
    .requiredOption('--root <file>', 'root.json of the premises, carried by hand')
    .requiredOption('--out <file>', 'where the enrolment file goes')
    .option('--keys <folder>', 'keys.folder of the replica (default: keys in the home folder)')
    .option('--renew', 'with another recipient key than before', false)
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { name, tenant, root, out, keys, renew } = command.opts<EnrolOptions>();
      const { enrolment, file, folder } = await enrolHost({
        ...{ name, tenant, isRenewal: renew, root: await readInputFile(root) },
        keysFolder: resolve(keys ?? join(common.home, 'keys')),
      });
      await writeNew(out, file);
      const fingerprint = fingerprintOf(enrolment.key);
      print(common, { name, fingerprint, recipient: enrolment.recipient, file: resolve(out), folder }, [
        `The keys of ${name} are in ${folder} and stay there.`,
        `Carry ${resolve(out)} to the premises and add it there; the key to compare is ${fingerprint}.`,
        `  holdfast cloud ${renew ? 'keys rotate --recipient' : 'replica add'} FILE`,
      ]);
    });
}

function addCommand(): Command {
  return withChangeOptions(new Command('add'))
    .description('On premises: lets a replica read, from a new generation on.')
    .argument('<file>', 'its enrolment file')
    .action(async (file: string, _options: unknown, command: Command) => {
      const enrolment = await readInputFile(file);
      await withTrust(command, async (keeper, ctx) => {
        const floor = await newestPosition(keeper);
        const { name, key, recipient } = await addReplica(keeper, ctx, enrolment);
        const { version: root } = keeper.chain.current;
        const fingerprint = fingerprintOf(key);
        print(commonOptions(command), { name, fingerprint, recipient, root, floor }, [
          `${name} is enrolled by root ${root}, key ${fingerprint}: compare it with what its host has said.`,
          'The connector begins a new generation that it can read.',
          ...(floor === null ? [] : [`On its host set replica.floor: "${floor}"`]),
        ]);
      });
    });
}

function revokeCommand(): Command {
  return withChangeOptions(new Command('revoke'))
    .description('On premises: seals nothing to a replica any more.')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withTrust(command, async (keeper, ctx) => {
        const { key } = await revokeReplica(keeper, ctx, name);
        const { version: root, replicas } = keeper.chain.current;
        print(commonOptions(command), { name, fingerprint: fingerprintOf(key), root }, [
          `${name} is revoked by root ${root}. Nothing that is published from now on is sealed to it.`,
          'The connector begins a new generation and removes what was sealed to it from the bucket.',
          'What it has read it has: its host keeps showing the old state until it is stopped.',
          ...(replicas.length === 0 ? ['No replica is left; nothing is published until one is added.'] : []),
        ]);
      });
    });
}

function listCommand(): Command {
  return withTrustOptions(new Command('list'))
    .description('Every replica that was ever enrolled, with what it has acknowledged.')
    .action(async (_options: unknown, command: Command) => {
      await withTrust(command, async (keeper) => {
        const replicas = await viewReplicas(keeper);
        print(
          commonOptions(command),
          replicas,
          replicas.length === 0 ? ['No replica was ever enrolled.'] : replicas.flatMap(replicaLines),
        );
      });
    });
}

function replicaLines({ name, fingerprint, recipient, since, revokedBy, ack }: ReplicaView): string[] {
  const standing = revokedBy === null ? 'enrolled' : `revoked by root ${revokedBy}, enrolled`;
  const applied =
    ack === null
      ? 'has acknowledged nothing'
      : `has acknowledged ${ack.generation}.${ack.n} at ${ack.appliedAt.toISOString()}, ${ack.lagMs} ms behind`;
  return [
    `${name}: ${standing} since root ${since}`,
    ...[`key ${fingerprint}`, `recipient ${recipient}`, applied].map((line) => `  ${line}`),
  ];
}

/** A file of that name may be the enrolment of another replica that waits to be carried over. */
async function writeNew(path: string, bytes: Buffer): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CliError(
      isThere ? `${path} is there already; name another file with --out.` : `Cannot write ${path}.`,
      {
        exitCode: 2,
      },
    );
  }
}
