import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { BucketError } from '../platform/bucket/index.js';
import { DomainError } from '../platform/errors/index.js';
import { FormatError, parseFloor, type Position } from '../replication/format/index.js';
import { CannotVerify, verifyBucket, type VerifyReport } from '../replication/verify/index.js';
import { CliError } from './cli.errors.js';
import { ProgressLine } from './cloud-verify-progress.js';
import { withVerifySources, type SourceOptions } from './cloud-verify-sources.js';
import { findingsLine, reportLines } from './cloud-verify-text.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

const EXIT_CANNOT = 2;
const EXIT_STOPPED = 130;

const help = `
Needs nothing but the bucket, or a copy of it, and a root of trust that came by another way. With an identity it opens
parts and attachments and adds up their rows; with --premises it compares them with what the premises recorded.

Exit codes: 0 all is as it was signed, 1 something is not, or lies there that should not, 2 nothing can be said (the
bucket does not answer, another root) or wrong usage, 78 wrong configuration, 130 stopped.`;

interface Options extends SourceOptions {
  identity: string[];
  floor?: Position;
  at?: Date;
  fresh: boolean;
  quiet: boolean;
}

export function cloudVerifyCommand(): Command {
  return withCommonOptions(new Command('verify'))
    .description('Holds every byte in the bucket against the root of trust.')
    .option('--config <file>', 'configuration file (default: config/server.yaml in the home folder)')
    .option('--root <file>', 'root of trust (default: the one pinned in the keys folder)')
    .option('--bucket <url>', 'file:///folder, s3://bucket/prefix, or the folder of a copy')
    .option('--endpoint <url>', 'of an S3 server that is not AWS')
    .option('--region <name>', 'of an S3 bucket')
    .option('--path-style', 'put the name of an S3 bucket into the path', false)
    .option('--identity <file>', 'age identity of a recipient; may be given several times', collect, [])
    .option('--floor <generation.n>', 'where the bucket stood at least, such as 3.120', floor)
    .option(
      '--at <time>',
      'judge expiry as of then, such as 2026-11-29T12:00:00Z: when a copy was made',
      time,
    )
    .option('--fresh', 'an expired beat is an error', false)
    .option('--premises', 'compare with what the database of the premises recorded', false)
    .option('--quiet', 'no progress on standard error', false)
    .addHelpText('after', help)
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const report = await verify(common.home, command);
      print(common, report, reportLines(report));
      const isClean = report.counts.error + report.counts.warning === 0;
      if (!isClean) throw new CliError(findingsLine(report), { exitCode: 1 });
    });
}

async function verify(home: string, command: Command): Promise<VerifyReport> {
  const options = command.opts<Options>();
  const isHomeGiven = command.getOptionValueSource('home') === 'cli';
  const identities = (await Promise.all(options.identity.map(readIdentities))).flat();
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const line = new ProgressLine(process.stderr, options.quiet);
  try {
    return await withVerifySources({ ...options, home, isHomeGiven }, (sources) =>
      verifyBucket({
        ...sources,
        identities,
        isFresh: options.fresh,
        ...(options.floor === undefined ? {} : { floor: options.floor }),
        ...(options.at === undefined ? {} : { at: options.at }),
        onProgress: (view) => {
          line.show(view);
        },
        signal: stop.signal,
      }),
    );
  } catch (error) {
    if (stop.signal.aborted) throw new CliError('Stopped.', { exitCode: EXIT_STOPPED });
    throw asCannotVerify(error);
  } finally {
    line.end();
    process.removeListener('SIGINT', onInterrupt);
  }
}

/** Whatever keeps it from an answer is no finding: a program must not take it for one. */
function asCannotVerify(error: unknown): unknown {
  const isTold =
    error instanceof CannotVerify ||
    error instanceof BucketError ||
    error instanceof DomainError ||
    error instanceof FormatError;
  if (isTold)
    return new CliError(`Cannot verify: ${error.message}.`.replace(/\.\.$/, '.'), { exitCode: EXIT_CANNOT });
  if ((error as { code?: unknown } | null)?.code === 'ECONNREFUSED')
    return new CliError('Cannot verify: the database of the premises does not answer.', {
      exitCode: EXIT_CANNOT,
    });
  return error;
}

/** Lines of an age identity file; what begins with # is a comment. */
async function readIdentities(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(`Cannot read ${file} (--identity).`, { exitCode: EXIT_CANNOT });
  });
  const lines = text.split('\n').map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (
    identities.length === 0 ||
    identities.some((line) => !/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(line))
  )
    throw new CliError(
      `${file} (--identity) should hold lines that begin with AGE-SECRET-KEY-1, and comments.`,
      {
        exitCode: EXIT_CANNOT,
      },
    );
  return identities;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function floor(text: string): Position {
  try {
    return parseFloor(text.replace('/', '.'));
  } catch {
    throw new InvalidArgumentError('should be a generation and a batch, such as 3.120');
  }
}

function time(text: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('should be a time such as 2026-11-29T12:00:00Z');
  return at;
}
