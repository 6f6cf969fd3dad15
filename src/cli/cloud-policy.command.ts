import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import {
  allowanceLines,
  checkLines,
  faultLines,
  previewLines,
  type Allowance,
  type PolicyCheck,
  type PolicyFault,
  type PolicyPreview,
} from './cloud-policy-text.js';
import { policyVersionCommands } from './cloud-policy-versions.command.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

/** Counting a million records takes seconds, and the database may have other work. */
const previewTimeoutMs = 300_000;

const exitCodes = `
Exit codes: 0 the policy is sound, 1 it cannot be used, or the server refused or does not answer,
2 wrong usage, or a file that cannot be read.`;

export function cloudPolicyCommand(): Command {
  const command = new Command('policy').description('What may leave the premises.');
  for (const each of policyVersionCommands()) command.addCommand(each);
  return command
    .addCommand(showCommand())
    .addCommand(fileCommand('check', 'Checks a policy file and says what it would select.', check))
    .addCommand(
      fileCommand('preview', 'Says what would enter and leave against the policy in force.', preview),
    );
}

function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('Prints the policy in force.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const policy = await (
        await ApiClient.ofHome(common.home)
      ).get<{ yaml: string; version: number; allow: readonly Allowance[] }>('/cloud/policy');
      print(common, policy, [
        `# version ${policy.version}`,
        ...allowanceLines(policy.allow).map((line) => `# ${line}`),
        policy.yaml.trimEnd(),
      ]);
    });
}

interface Answer {
  readonly result: { readonly ok: boolean; readonly errors: readonly PolicyFault[] };
  readonly lines: readonly string[];
}

function fileCommand(
  name: string,
  description: string,
  ask: (client: ApiClient, yaml: string) => Promise<Answer>,
): Command {
  return withCommonOptions(new Command(name))
    .description(description)
    .argument('<file>', 'policy, YAML')
    .addHelpText('after', exitCodes)
    .action(async (file: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const yaml = await readFile(file, 'utf8').catch(() => {
        throw new CliError(`Cannot read ${file}.`, { exitCode: 2 });
      });
      const { result, lines } = await ask(await ApiClient.ofHome(common.home), yaml);
      print(common, result, result.ok ? lines : faultLines(file, result.errors));
      if (!result.ok) throw new CliError('The policy cannot be used.', { exitCode: 1 });
    });
}

async function check(client: ApiClient, yaml: string): Promise<Answer> {
  const result = await client.post<PolicyCheck>('/cloud/policy/check', { yaml }, previewTimeoutMs);
  return { result, lines: checkLines(result) };
}

async function preview(client: ApiClient, yaml: string): Promise<Answer> {
  const result = await client.post<PolicyPreview>('/cloud/policy/preview', { yaml }, previewTimeoutMs);
  return { result, lines: previewLines(result) };
}
