import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { allowanceLines, type Allowance } from './cloud-policy-text.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';
import { acknowledgedBy, explainingWarnings, withAcknowledgements } from './policy-acknowledgement.js';
import { secretFromInput } from './secret-input.js';

/** As the API answers it. */
interface PolicyVersion {
  readonly version: number;
  readonly state: 'proposed' | 'active' | 'superseded' | 'rejected';
  readonly bootstrap: boolean;
  readonly proposedBy: { readonly name: string } | null;
  readonly approvedBy: { readonly name: string } | null;
  readonly reason: string;
  readonly allow: readonly Allowance[];
  readonly proposedAt: string;
  readonly activatedAt: string | null;
}

/** Both are held against the policy in force first, and counting a million records takes seconds. */
const compareTimeoutMs = 300_000;

const twoPeople = `
A policy takes two people: whoever approves is not the one who proposed. Each gives an API token of their own with
--token-stdin; without it the token of the home folder acts.`;

/** Putting a policy into force, and what was in force before. */
export function policyVersionCommands(): Command[] {
  return [proposeCommand(), approveCommand(), historyCommand()];
}

function proposeCommand(): Command {
  return withToken(withAcknowledgements(new Command('propose')))
    .description('Proposes a policy for somebody else to approve.')
    .argument('<file>', 'policy, YAML')
    .requiredOption('--reason <text>', 'why; kept with the version and shown to the one who approves')
    .action(async (file: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const yaml = await readFile(file, 'utf8').catch(() => {
        throw new CliError(`Cannot read ${file}.`, { exitCode: 2 });
      });
      const { reason } = command.opts<{ reason: string }>();
      const client = await clientOf(command);
      const body = { yaml, reason, acknowledge: acknowledgedBy(command) };
      const made = await explainingWarnings(() =>
        client.post<PolicyVersion>('/cloud/policy/propose', body, compareTimeoutMs),
      );
      print(common, made, [
        `Version ${made.version} is proposed. Somebody else puts it into force with:`,
        `  holdfast cloud policy approve ${made.version}`,
      ]);
    });
}

function approveCommand(): Command {
  return withToken(withAcknowledgements(new Command('approve')))
    .description('Puts a version into force that somebody else proposed.')
    .argument('<version>', 'its number', wholeNumber)
    .action(async (version: number, _options: unknown, command: Command) => {
      const client = await clientOf(command);
      const body = { acknowledge: acknowledgedBy(command) };
      const made = await explainingWarnings(() =>
        client.post<PolicyVersion>(`/cloud/policy/${version}/approve`, body, compareTimeoutMs),
      );
      print(commonOptions(command), made, [
        `Version ${made.version} is in force. The connector begins a new generation with it.`,
      ]);
    });
}

function historyCommand(): Command {
  return withCommonOptions(new Command('history'))
    .description('Lists every version, the newest first, with who proposed and approved it, when and why.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const client = await ApiClient.ofHome(common.home);
      const { data } = await client.get<{ data: PolicyVersion[] }>('/cloud/policy/versions');
      print(common, data, data.length === 0 ? ['No policy was ever proposed.'] : data.flatMap(versionLines));
    });
}

function versionLines(version: PolicyVersion): string[] {
  const { proposedBy, approvedBy, proposedAt, activatedAt, reason, bootstrap, allow } = version;
  const proposer = bootstrap ? 'came with the installation' : `proposed by ${proposedBy?.name ?? 'nobody'}`;
  const approval =
    activatedAt === null
      ? []
      : [`in force from ${activatedAt}${approvedBy ? `, by ${approvedBy.name}` : ''}`];
  return [
    `version ${version.version}, ${version.state}`,
    ...[`${proposer}, ${proposedAt}`, ...approval, `why: ${reason}`, ...allowanceLines(allow)].map(
      (line) => `  ${line}`,
    ),
  ];
}

function withToken(command: Command): Command {
  return withCommonOptions(command)
    .option('--token-stdin', 'reads the API token of the person who acts from standard input', false)
    .addHelpText('after', twoPeople);
}

/** A token never stands among the arguments: those stand in `ps`. */
async function clientOf(command: Command): Promise<ApiClient> {
  const { tokenStdin } = command.opts<{ tokenStdin: boolean }>();
  const token = tokenStdin ? await secretFromInput('API token: ', 'API token') : undefined;
  return ApiClient.ofHome(commonOptions(command).home, token);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('should be the number of a version');
  return Number(text);
}
