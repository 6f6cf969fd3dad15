import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface CloudStatus {
  readonly enabled: boolean;
  readonly generation: number | null;
  readonly n: number | null;
  readonly lagMs: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  readonly types: readonly { readonly type: string; readonly published: number; readonly withheld: number }[];
}

interface PolicyCheck {
  readonly ok: boolean;
  readonly errors: readonly {
    readonly line: number;
    readonly column: number;
    readonly path: string;
    readonly message: string;
    readonly suggestion?: string | null;
  }[];
  readonly counts?: readonly {
    readonly type: string;
    readonly included: number;
    readonly withheld: number;
  }[];
}

export function cloudCommand(): Command {
  const policy = new Command('policy')
    .description('What may leave the premises.')
    .addCommand(showCommand())
    .addCommand(checkCommand());
  return new Command('cloud')
    .description('Looks after the cloud copy.')
    .addCommand(cloudStatusCommand())
    .addCommand(policy);
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

function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('Prints the policy in force.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const policy = await (
        await ApiClient.ofHome(common.home)
      ).get<{ yaml: string; version: number }>('/cloud/policy');
      print(common, policy, [`# version ${policy.version}`, policy.yaml.trimEnd()]);
    });
}

function checkCommand(): Command {
  return withCommonOptions(new Command('check'))
    .description('Checks a policy file and says what it would select.')
    .argument('<file>', 'policy, YAML')
    .action(async (file: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const yaml = await readFile(file, 'utf8').catch(() => {
        throw new CliError(`Cannot read ${file}.`);
      });
      const result = await (
        await ApiClient.ofHome(common.home)
      ).post<PolicyCheck>('/cloud/policy/check', { yaml });
      const counts = (result.counts ?? []).map(
        ({ type, included, withheld }) =>
          `  ${type.padEnd(14)} ${included} would leave, ${withheld} stay home`,
      );
      const problems = result.errors.map(
        ({ line, column, message, suggestion }) =>
          `${file}:${line}:${column} ${message}${suggestion ? ` (did you mean ${suggestion}?)` : ''}`,
      );
      print(common, result, result.ok ? ['The policy is sound.', ...counts] : problems);
      if (!result.ok) throw new CliError('The policy cannot be used.', { exitCode: 2 });
    });
}
