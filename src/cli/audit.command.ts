import { Command } from 'commander';
import { bucketOptionsOf } from '../server-options.js';
import { loadConfig } from '../platform/config/index.js';
import { safeError } from '../platform/logging/index.js';
import { ApiClient } from './api-client.js';
import { configFileOf, runVerification } from './audit-verification.js';
import { verificationLines } from './audit-text.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

const exitCodes = `
Exit codes: 0 nothing is wrong, 1 something is and is named, 2 it could not be checked, or wrong usage.`;

export function auditCommand(): Command {
  return new Command('audit')
    .description('Checks the record of who did what.')
    .addCommand(verifyCommand())
    .addCommand(proofCommand());
}

interface VerifyCommandOptions {
  readonly config?: string;
  readonly bucket?: string;
  readonly root?: string;
}

function verifyCommand(): Command {
  return withCommonOptions(new Command('verify'))
    .description('Finds audit entries that were deleted, changed, moved, back-dated, put in or cut off.')
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .option('--bucket <url>', 'where the checkpoints lie outside (default: the bucket of the configuration)')
    .option('--root <file>', 'pinned root of trust (default: the one in the keys folder)')
    .addHelpText('after', exitCodes)
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const options = command.opts<VerifyCommandOptions>();
      const verification = await unlessUnchecked(async () => {
        const config = loadConfig({ file: options.config ?? configFileOf(common.home) });
        const bucketUrl = options.bucket ?? config.bucket.url;
        const bucket =
          bucketUrl === null ? null : { url: bucketUrl, options: bucketOptionsOf(config.bucket) };
        return runVerification(config, { bucket, root: options.root ?? null }, progress(common.json));
      });
      print(common, verification, verificationLines(verification));
      const { findings, omitted } = verification;
      if (findings.length > 0)
        throw new CliError(`The audit is not as it was written: ${findings.length + omitted} findings.`, {
          exitCode: 1,
        });
    });
}

function proofCommand(): Command {
  return withCommonOptions(new Command('proof'))
    .description(
      'Prints the proof that an entry is in the audit, for docs/reader/check-audit.py or anybody else.',
    )
    .argument('<entry>', 'id of the entry')
    .action(async (entry: string, _options: unknown, command: Command) => {
      const client = await ApiClient.ofHome(commonOptions(command).home);
      const proof = await client.get<object>(`/audit/proof?entry=${encodeURIComponent(entry)}`);
      process.stdout.write(`${JSON.stringify(proof, null, 2)}\n`);
    });
}

/** Whatever keeps the check from being made must not look like a finding, nor like a clean bill. */
async function unlessUnchecked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const details = error instanceof CliError ? error.options.details : undefined;
    const { message } = error instanceof CliError ? error : safeError(error);
    throw new CliError(`The audit could not be checked: ${message}`, {
      exitCode: 2,
      ...(details === undefined ? {} : { details }),
    });
  }
}

/** On standard error, so that standard output is the result and nothing else. */
function progress(isJson: boolean): (entries: number, of: number) => void {
  if (isJson || !process.stderr.isTTY) return () => undefined;
  return (entries, of) => {
    process.stderr.write(`\r${entries} of ${of} entries${entries >= of ? '\n' : ''}`);
  };
}
