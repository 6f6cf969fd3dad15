import { Command } from 'commander';
import { DataSource } from 'typeorm';
import { OwnPasswords, UserAccess } from '../access/index.js';
import { query } from '../platform/database/index.js';
import { systemContext } from '../platform/http/index.js';
import { CliError } from './cli.errors.js';
import { withCommandContext } from './command-context.js';
import { commonOptions, print } from './common-options.js';
import { configFile, withConfig } from './config-option.js';
import { secretFromInput } from './secret-input.js';

const ctx = systemContext('holdfast command');

export function userCommand(): Command {
  return new Command('user')
    .description('Looks after people who sign in. Works on the database, also when nobody can.')
    .addCommand(createCommand())
    .addCommand(passwordCommand());
}

function createCommand(): Command {
  return withConfig(new Command('create'))
    .description('Makes a person. The password is read from standard input.')
    .requiredOption('--email <address>')
    .requiredOption('--name <name>')
    .option('--role <key...>', 'role; may be given several times', ['sales'])
    .action(async (_options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { email, name, role } = command.opts<{ email: string; name: string; role: string[] }>();
      const password = await secretFromInput('Password: ');
      const user = await withCommandContext(configFile(common, command), (context) =>
        context.get(UserAccess).createUser(ctx, { email, name, password, roles: role, mustChange: true }),
      );
      print(common, { id: user.id, email: user.email, roles: role }, [
        `${user.email} may sign in and must choose a new password then.`,
      ]);
    });
}

function passwordCommand(): Command {
  return withConfig(new Command('set-password'))
    .description('Sets somebody’s password, for here or for replicas. It is read from standard input.')
    .argument('<email>')
    .option('--replica', 'the password for replicas, which must be another one', false)
    .action(async (email: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { replica: isReplica } = command.opts<{ replica: boolean }>();
      const password = await secretFromInput('New password: ');
      await withCommandContext(configFile(common, command), async (context) => {
        const [user] = await query<{ id: string }>(
          context.get(DataSource),
          `SELECT id FROM crm."user" WHERE lower(email) = lower($1) AND deleted_at IS NULL`,
          [email],
        );
        if (!user) throw new CliError(`There is nobody with the address ${email}.`);
        if (isReplica) await context.get(OwnPasswords).setReplicaPassword(ctx, user.id, password);
        else await context.get(UserAccess).setPassword(ctx, user.id, password, false);
      });
      print(common, { email, changed: true }, ['Done. Open sessions have ended.']);
    });
}
