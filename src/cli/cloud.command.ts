import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { logCommand, showCommand } from './cloud-publications.command.js';
import { receiptsCommand, verifyReceiptCommand } from './cloud-receipts.command.js';
import { cloudPolicyCommand } from './cloud-policy.command.js';
import { cloudVerifyCommand } from './cloud-verify.command.js';
import { brakeLine, cloudBrakeCommand, type BrakeState } from './cloud-brake.command.js';
import { cloudRecordCommand } from './cloud-record.command.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface CloudStatus {
  readonly enabled: boolean;
  readonly generation: number | null;
  readonly n: number | null;
  readonly lagMs: number | null;
  readonly paused: boolean;
  readonly brake: BrakeState | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  readonly types: readonly { readonly type: string; readonly published: number; readonly withheld: number }[];
}

export function cloudCommand(): Command {
  return new Command('cloud')
    .description('Looks after the cloud copy.')
    .addCommand(cloudStatusCommand())
    .addCommand(
      holdCommand(
        'pause',
        'Holds the connector: nothing more goes into the bucket.',
        'Paused. Changes wait at home.',
      ),
    )
    .addCommand(holdCommand('resume', 'Lets the connector go on.', 'The connector goes on.'))
    .addCommand(newHistoryCommand())
    .addCommand(logCommand())
    .addCommand(showCommand())
    .addCommand(receiptsCommand())
    .addCommand(verifyReceiptCommand())
    .addCommand(cloudVerifyCommand())
    .addCommand(cloudBrakeCommand())
    .addCommand(cloudRecordCommand())
    .addCommand(cloudPolicyCommand());
}

function cloudStatusCommand(): Command {
  return withCommonOptions(new Command('status'))
    .description('How replication stands.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const status = await (await ApiClient.ofHome(common.home)).get<CloudStatus>('/cloud/status');
      print(common, status, [
        status.enabled
          ? `generation ${status.generation ?? '–'}, batch ${status.n ?? '–'}, ${status.lagMs ?? '–'} ms behind`
          : 'replication is off: there is no active policy',
        ...(status.paused ? ['paused: nothing more goes into the bucket until `holdfast cloud resume`'] : []),
        ...(status.brake ? [brakeLine(status.brake)] : []),
        ...status.types.map(
          ({ type, published, withheld }) =>
            `  ${type.padEnd(14)} ${published} in the cloud, ${withheld} at home`,
        ),
        ...(status.lastError ? [`last error: ${status.lastError.code}: ${status.lastError.message}`] : []),
      ]);
    });
}

function holdCommand(verb: 'pause' | 'resume', description: string, done: string): Command {
  return withCommonOptions(new Command(verb))
    .description(description)
    .option('--reason <text>', 'why; kept in the audit')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { reason } = command.opts<{ reason?: string }>();
      const client = await ApiClient.ofHome(common.home);
      await client.post(`/cloud/${verb}`, reason === undefined ? {} : { reason });
      print(common, { paused: verb === 'pause' }, [done]);
    });
}

function newHistoryCommand(): Command {
  return withCommonOptions(new Command('new-history'))
    .description('After a fork: says that this database counts, and lets a new generation begin from it.')
    .requiredOption(
      '--reason <text>',
      'why it counts, such as "restored from the backup of Monday"; kept in the audit',
    )
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { reason } = command.opts<{ reason: string }>();
      await (await ApiClient.ofHome(common.home)).post('/cloud/new-history', { reason });
      print(common, { allowed: true }, [
        'Allowed for an hour. The connector begins a new generation from this database.',
      ]);
    });
}
