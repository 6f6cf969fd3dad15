import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { cloudPolicyCommand } from './cloud-policy.command.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface CloudStatus {
  readonly enabled: boolean;
  readonly generation: number | null;
  readonly n: number | null;
  readonly lagMs: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  readonly types: readonly { readonly type: string; readonly published: number; readonly withheld: number }[];
}

export function cloudCommand(): Command {
  return new Command('cloud')
    .description('Looks after the cloud copy.')
    .addCommand(cloudStatusCommand())
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
        ...status.types.map(
          ({ type, published, withheld }) =>
            `  ${type.padEnd(14)} ${published} in the cloud, ${withheld} at home`,
        ),
        ...(status.lastError ? [`last error: ${status.lastError.code}: ${status.lastError.message}`] : []),
      ]);
    });
}
