import { Command } from 'commander';
import { parse } from 'yaml';
import { Roles, RoleStore, type RoleDefinition } from '../access/index.js';
import { systemContext } from '../platform/http/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, print } from './common-options.js';
import { configFile, withConfig } from './config-option.js';
import { readInputFile } from './input-file.js';

const ctx = systemContext('holdfast command');

export function roleCommand(): Command {
  return new Command('role')
    .description('Shows, sets and deletes roles. Works on the database, also when nobody can sign in.')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  return withConfig(new Command('list'))
    .description('The roles; with --json everything that each allows.')
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const roles = await withCommandContext(configFile(common, command), (context) =>
        context.get(RoleStore).list(),
      );
      const lines = roles.map(({ key, name, builtIn }) => `${key}  ${name}${builtIn ? '  (built in)' : ''}`);
      print(common, { roles }, lines);
    });
}

function setCommand(): Command {
  return withConfig(new Command('set'))
    .description('Makes the role of a YAML file, or brings it to what the file says.')
    .argument('<file>')
    .action(async (file: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const role = roleIn(await readInputFile(file), file);
      await withCommandContext(configFile(common, command), async (context) => {
        const store = context.get(RoleStore);
        // before the first person there are none yet, and a file could take the administrator's place
        await store.ensureBuiltIn();
        const isThere = (await store.list()).some(({ key }) => key === role.key);
        const roles = context.get(Roles);
        await (isThere ? roles.replace(ctx, role) : roles.create(ctx, role));
      });
      print(common, { key: role.key }, [`${role.key} holds from everybody's next request on.`]);
    });
}

function deleteCommand(): Command {
  return withConfig(new Command('delete'))
    .description('Deletes a role that nobody has.')
    .argument('<key>')
    .action(async (key: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      await withCommandContext(configFile(common, command), (context) => context.get(Roles).remove(ctx, key));
      print(common, { key, deleted: true }, [`${key} is deleted.`]);
    });
}

const parts = ['key', 'name', 'permissions', 'flags', 'hiddenFields', 'readOnlyFields'];

/** The file's outer form; what stands inside is checked where every role is. @throws CliError with exit code 2 */
function roleIn(bytes: Buffer, file: string): RoleDefinition {
  const refuse = (why: string): never => {
    throw new CliError(`${file} ${why}`, { exitCode: 2 });
  };
  let read: unknown;
  try {
    read = parse(bytes.toString('utf8'), { maxAliasCount: 0 });
  } catch {
    refuse('is no YAML.');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return refuse('holds no role.');
  const given = read as Partial<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !parts.includes(name));
  if (unknown !== undefined) refuse(`names "${unknown}"; a role has ${parts.join(', ')}.`);
  const { key, name } = given;
  if (typeof key !== 'string' || typeof name !== 'string') return refuse('must name a key and a name.');
  const mapping = (part: string): Record<string, never> => {
    const value = given[part] ?? {};
    return isMapping(value) ? value : refuse(`has no mapping under "${part}".`);
  };
  const flags = given['flags'] ?? [];
  if (!Array.isArray(flags)) return refuse('has no list under "flags".');
  return {
    key,
    name,
    permissions: mapping('permissions'),
    flags: flags as RoleDefinition['flags'],
    hiddenFields: mapping('hiddenFields'),
    readOnlyFields: mapping('readOnlyFields'),
  };
}

const isMapping = (value: unknown): value is Record<string, never> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
