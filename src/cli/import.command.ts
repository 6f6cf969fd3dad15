import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';
import { runImport, type ImportStatus } from './import-client.js';

export function importCommand(): Command {
  return withCommonOptions(new Command('import'))
    .description('Imports a CSV file as a mapping file says (docs/import.md).')
    .argument('<mapping>', 'mapping file, YAML')
    .argument('<file>', 'CSV file')
    .option('--dry-run', 'go through everything, keep nothing', false)
    .option('--all-or-nothing', 'keep nothing if one row is wrong', false)
    .option('--errors <file>', 'where to write the rows that failed')
    .action(async (mappingFile: string, dataFile: string, _options: unknown, command: Command) => {
      const common = commonOptions(command);
      const { dryRun, allOrNothing, errors } = command.opts<{
        dryRun: boolean;
        allOrNothing: boolean;
        errors?: string;
      }>();
      const client = await ApiClient.ofHome(common.home);
      const status = await runImport(client, { mappingFile, dataFile, dryRun, allOrNothing }, showProgress);
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
      if (status.hasErrorFile) await saveErrors(client, status, errors ?? `${dataFile}.errors.csv`);
      print(common, status, summaryOf(status, dryRun));
      if (status.state !== 'done' || status.counts.failed > 0)
        throw new CliError(`The import ended as ${status.state}.`, { details: problemsOf(status) });
    });
}

function showProgress({ label, progress: { done, rows } }: ImportStatus): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[2K${label}: ${done}${rows === null ? '' : ` of ${rows}`} rows`);
}

async function saveErrors(client: ApiClient, status: ImportStatus, path: string): Promise<void> {
  await writeFile(path, await client.text(`/imports/${status.id}/errors`), { mode: 0o600 });
  process.stderr.write(`${status.counts.failed} rows failed; they are in ${path}, each with the reason.\n`);
}

function summaryOf(status: ImportStatus, isDryRun: boolean): string[] {
  const { created, updated, unchanged, skipped, failed } = status.counts;
  const kept = isDryRun ? ' (dry run: nothing was kept)' : '';
  return [
    `${status.label}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${skipped} skipped, ${failed} failed${kept}`,
  ];
}

function problemsOf(status: ImportStatus): string[] {
  return status.problems.map(({ line, message }) => `line ${line}: ${message}`);
}
