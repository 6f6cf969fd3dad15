import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

/** As the API answers it. */
interface OutgoingRecord {
  readonly policyVersion: number | null;
  readonly leaves: boolean;
  readonly row: string | null;
  readonly reasons: readonly { readonly message: string }[];
}

const explanation = `
Prints the text of the row byte for byte as it would be sealed, or why the record stays home.
Without --policy and --under, the policy in force decides.`;

export function cloudRecordCommand(): Command {
  return withCommonOptions(new Command('record'))
    .description('What exactly leaves of one record.')
    .argument('<type>', 'such as deal')
    .argument('<id>', 'of the record')
    .option('--policy <file>', 'under a policy that is not proposed yet, YAML')
    .option('--under <version>', 'under a version that is kept, or `proposed` for the newest that waits')
    .addHelpText('after', explanation)
    .action(async (type: string, id: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { policy, under } = command.opts<{ policy?: string; under?: string }>();
      if (policy !== undefined && under !== undefined)
        throw new CliError('Name a file with --policy or a version with --under, not both.', { exitCode: 2 });
      const path = `/cloud/records/${encodeURIComponent(type)}/${encodeURIComponent(id)}/outgoing`;
      const yaml = policy === undefined ? undefined : await policyText(policy);
      const client = await ApiClient.ofHome(common.home);
      const query = under === undefined ? '' : `?policy=${encodeURIComponent(under)}`;
      const told =
        yaml === undefined
          ? await client.get<OutgoingRecord>(`${path}${query}`)
          : await client.post<OutgoingRecord>(path, { yaml });
      print(common, told, linesOf(told));
    });
}

function policyText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new CliError(`Cannot read ${file}.`, { exitCode: 2 });
  });
}

function linesOf({ row, reasons }: OutgoingRecord): string[] {
  return row === null ? ['It does not leave:', ...reasons.map(({ message }) => `  ${message}`)] : [row];
}
