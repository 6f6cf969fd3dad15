import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface DeadJobPage {
  readonly data: readonly {
    readonly id: string;
    readonly attempts: number;
    readonly reason: string;
    readonly failedAt: string;
    readonly requestId: string;
  }[];
  readonly page: { readonly nextCursor: string | null };
}

export function jobsCommand(): Command {
  return new Command('jobs')
    .description('Looks after background work that failed for good.')
    .addCommand(deadCommand())
    .addCommand(retryCommand());
}

function deadCommand(): Command {
  return withCommonOptions(new Command('dead'))
    .description('Lists the jobs that used up their attempts.')
    .option('--cursor <cursor>', 'where an earlier list ended')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { cursor } = command.opts<{ cursor?: string }>();
      const client = await ApiClient.ofHome(common.home);
      const page = await client.get<DeadJobPage>(
        `/jobs/dead${cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
      );
      const lines = page.data.map(
        ({ id, attempts, reason, failedAt }) => `${failedAt}  ${id}  ${attempts} attempts  ${reason}`,
      );
      const more = page.page.nextCursor === null ? [] : [`There are more: --cursor ${page.page.nextCursor}`];
      print(common, page, lines.length === 0 ? ['There are none.'] : [...lines, ...more]);
    });
}

function retryCommand(): Command {
  return withCommonOptions(new Command('retry'))
    .description('Gives a dead job all its attempts again.')
    .argument('<id>', 'as `jobs dead` shows it: job name/job id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const path = id.split('/').map(encodeURIComponent).join('/');
      await (await ApiClient.ofHome(common.home)).post(`/jobs/dead/${path}/retry`);
      print(common, { id, retried: true }, ['It is queued again.']);
    });
}
