import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';

/** As the API answers it. */
export interface BrakeState {
  readonly since: string;
  readonly token: string;
  readonly deletes: Readonly<Record<string, number>>;
  readonly threshold: number;
  readonly samples: Readonly<Record<string, readonly string[]>>;
  readonly confirmation: { readonly by: { readonly name: string | null }; readonly expiresAt: string } | null;
}

type Counts = Readonly<Record<string, number>>;

const nameWidth = 14;

export function cloudBrakeCommand(): Command {
  return new Command('brake')
    .description('Deletes that are more than the policy lets pass without a person.')
    .addCommand(showCommand())
    .addCommand(confirmCommand());
}

/** What the status says of it, in one line. */
export function brakeLine({ deletes, since }: BrakeState): string {
  const total = Object.values(deletes).reduce((sum, count) => sum + count, 0);
  return `the brake holds ${total} deletes since ${since}: look at them with \`holdfast cloud brake show\``;
}

function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('Shows what is held, and how to let it out.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { brake } = await (
        await ApiClient.ofHome(common.home)
      ).get<{ brake: BrakeState | null }>('/cloud/status');
      print(common, brake, brake === null ? ['The brake holds nothing.'] : heldLines(brake));
    });
}

function heldLines({ since, token, deletes, threshold, samples, confirmation }: BrakeState): string[] {
  const counts = Object.entries(deletes);
  return [
    `Held since ${since}: a batch would delete these rows from the cloud copy, more than the ${threshold} that pass by themselves.`,
    ...counts.flatMap(([type, count]) => [
      `  ${type.padEnd(nameWidth)} ${count}`,
      ...(samples[type] ?? []).map((id) => `    ${id}`),
    ]),
    'Replicas show the state before; everything that changed since waits.',
    'A mistake? Undo it at home, for instance from the recycle bin: the brake then releases by itself.',
    ...(confirmation
      ? [`Confirmed by ${confirmation.by.name ?? 'somebody'}, good until ${confirmation.expiresAt}.`]
      : []),
    ...(token === ''
      ? []
      : [
          'Meant so? Let exactly these out with:',
          `  holdfast cloud brake confirm ${token} ${counts.map(([type, count]) => `${type}=${count}`).join(' ')}`,
        ]),
  ];
}

function confirmCommand(): Command {
  return withCommonOptions(new Command('confirm'))
    .description('Lets the deletes out that the brake holds: those that you saw, once, for a limited time.')
    .argument('<token>', 'names what is held; `holdfast cloud brake show` prints it')
    .argument('<type=count...>', 'how many of each type you saw, such as deal=5280', countOf)
    .option('--reason <text>', 'why; kept in the audit')
    .action(async (token: string, deletes: Counts, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { reason } = command.opts<{ reason?: string }>();
      const client = await ApiClient.ofHome(common.home);
      const body = { token, deletes, ...(reason === undefined ? {} : { reason }) };
      const held = await client.post<BrakeState>('/cloud/brake/confirm', body);
      if (held.confirmation === null) throw new CliError('The confirmation ran out at once.');
      print(common, held, [
        `Confirmed. The connector lets these deletes out with the next batch, until ${held.confirmation.expiresAt}.`,
      ]);
    });
}

function countOf(text: string, before: Counts | undefined): Counts {
  const [, type, count] = /^([A-Za-z]\w{0,62})=(\d{1,15})$/.exec(text) ?? [];
  if (type === undefined) throw new InvalidArgumentError('should be a type and a number, such as deal=5280');
  if (Object.hasOwn(before ?? {}, type)) throw new InvalidArgumentError(`${type} is named twice`);
  return { ...before, [type]: Number(count) };
}
