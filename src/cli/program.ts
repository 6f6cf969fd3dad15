import { Command } from 'commander';
import { auditCommand } from './audit.command.js';
import { cloudCommand } from './cloud.command.js';
import { eraseCommand, erasuresCommand } from './erase.command.js';
import { importCommand } from './import.command.js';
import { jobsCommand } from './jobs.command.js';
import { migrateCommand } from './migrate.command.js';
import { roleCommand } from './role.command.js';
import { statusCommand } from './status.command.js';
import { teamCommand } from './team.command.js';
import { tokenCommand } from './token.command.js';
import { userCommand } from './user.command.js';

/** The `holdfast` command. Every subcommand takes --home and --json. */
export function buildProgram(): Command {
  const program = new Command('holdfast')
    .description('Runs and looks after a Holdfast installation.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const command of [
    statusCommand(),
    importCommand(),
    cloudCommand(),
    eraseCommand(),
    erasuresCommand(),
    auditCommand(),
    userCommand(),
    roleCommand(),
    teamCommand(),
    tokenCommand(),
    jobsCommand(),
    migrateCommand(),
  ])
    program.addCommand(command);
  return program;
}
