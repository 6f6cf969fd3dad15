import { Command } from 'commander';
import { DataSource } from 'typeorm';
import { Teams, type Team } from '../access/index.js';
import { query } from '../platform/database/index.js';
import { systemContext } from '../platform/http/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, print } from './common-options.js';
import { configFile, withConfig } from './config-option.js';

const ctx = systemContext('holdfast command');

export function teamCommand(): Command {
  return new Command('team')
    .description('Shows, sets and deletes teams. Works on the database, also when nobody can sign in.')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  return withConfig(new Command('list'))
    .description('The teams, each with the one above and how many are in it.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const teams = await withCommandContext(configFile(common, command), (context) =>
        context.get(Teams).list(),
      );
      const above = (team: Team): string =>
        teams.find(({ id }) => id === team.parentId)?.name ?? 'no team above';
      print(
        common,
        { teams },
        teams.map((team) => `${team.name}  (${above(team)})  ${String(team.members.length)}`),
      );
    });
}

function setCommand(): Command {
  return withConfig(new Command('set'))
    .description('Makes the team of this name, or gives it this place and these members and no others.')
    .argument('<name>')
    .option('--parent <name>', 'the team above')
    .option('--member <email...>', 'somebody in this team; may be given several times', [])
    .action(async (name: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { parent, member } = command.opts<{ parent?: string; member: string[] }>();
      const team = await withCommandContext(configFile(common, command), async (context) => {
        const teams = context.get(Teams);
        const all = await teams.list();
        const parentId = parent === undefined ? null : named(all, parent).id;
        const members = await usersOf(context.get(DataSource), member);
        const known = all.find((each) => isNamed(each, name));
        const input = { name, parentId, members };
        return known ? teams.replace(ctx, known.id, input) : teams.create(ctx, input);
      });
      print(common, { team }, [`${team.name} has ${String(team.members.length)} members.`]);
    });
}

function deleteCommand(): Command {
  return withConfig(new Command('delete'))
    .description('Deletes a team that has none below it.')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      await withCommandContext(configFile(common, command), async (context) => {
        const teams = context.get(Teams);
        await teams.remove(ctx, named(await teams.list(), name).id);
      });
      print(common, { name, deleted: true }, [`${name} is deleted.`]);
    });
}

const isNamed = (team: Team, name: string): boolean => team.name.toLowerCase() === name.toLowerCase();

function named(teams: readonly Team[], name: string): Team {
  const team = teams.find((each) => isNamed(each, name));
  if (!team) throw new CliError(`There is no team ${name}.`);
  return team;
}

async function usersOf(dataSource: DataSource, emails: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string; email: string }>(
    dataSource,
    `SELECT id, lower(email) AS email FROM crm."user"
     WHERE lower(email) = ANY (SELECT lower(e) FROM unnest($1::text[]) e) AND deleted_at IS NULL`,
    [emails],
  );
  const missing = emails.find((email) => !rows.some((row) => row.email === email.toLowerCase()));
  if (missing !== undefined) throw new CliError(`There is nobody with the address ${missing}.`);
  return rows.map(({ id }) => id);
}
