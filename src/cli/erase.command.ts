import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

interface Erasure {
  readonly id: string;
  readonly sequence: number;
  readonly subject: { readonly type: string; readonly id: string };
  readonly requestedAt: string;
  readonly state: string;
  readonly generation: number | null;
  readonly erased: Readonly<Record<string, number>>;
}

/** Erases a record for good, at home and in the cloud. */
export function eraseCommand(): Command {
  return withCommonOptions(new Command('erase'))
    .description('Erases a record for good: here, in its history, in the bucket and on every replica.')
    .argument('<type>', 'the type of the record, such as contact')
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why; kept in the audit and the list of erasures')
    .option('--urgent', 'rewrite the cloud copy now, not together with other erasures', false)
    .action(async (type: string, id: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { reason, urgent } = command.opts<{ reason: string; urgent: boolean }>();
      const client = await ApiClient.ofHome(common.home);
      const made = await client.post<Erasure>('/erasures', { type, id, reason, urgent });
      print(common, made, [
        `Erased (number ${String(made.sequence)}, ${made.id}): ${rowsOf(made)}.`,
        'The cloud copy is rewritten without it. How far that has come:',
        '  holdfast erasures',
      ]);
    });
}

export function erasuresCommand(): Command {
  return withCommonOptions(new Command('erasures'))
    .description('What was erased, newest first, and how far its traces have left the cloud.')
    .option('--limit <number>', 'how many', '50')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const limit = encodeURIComponent(command.opts<{ limit: string }>().limit);
      const client = await ApiClient.ofHome(common.home);
      const page = await client.get<{ data: Erasure[] }>(`/erasures?limit=${limit}`);
      print(
        common,
        page,
        page.data.length === 0
          ? ['Nothing was erased.']
          : page.data.map(
              ({ sequence, requestedAt, subject, state, generation }) =>
                `${String(sequence).padStart(5)}  ${requestedAt}  ${subject.type} ${subject.id}  ${state}` +
                (generation === null ? '' : `, receipt ${String(generation)}`),
            ),
      );
    });
}

function rowsOf({ erased }: Erasure): string {
  const rows = Object.entries(erased).map(([type, count]) => `${String(count)} ${type}`);
  return rows.length === 0 ? 'nothing was there any more' : rows.join(', ');
}
