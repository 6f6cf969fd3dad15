import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';
import { commonOptions, print, withCommonOptions } from './common-options.js';
import { followImport, runImport, type ImportStatus } from './import-client.js';

interface ImportOptions {
  readonly dryRun: boolean;
  readonly allOrNothing: boolean;
  readonly errors?: string;
  readonly resume?: string;
}

export function importCommand(): Command {
  return withCommonOptions(new Command('import'))
    .description('Imports a CSV file as a mapping file says (docs/import.md).')
    .argument('[mapping]', 'mapping file, YAML')
    .argument('[file]', 'CSV file')
    .option('--dry-run', 'go through everything, keep nothing', false)
    .option('--all-or-nothing', 'keep nothing if one row is wrong', false)
    .option('--errors <file>', 'where to write the rows that failed')
    .option('--resume <id>', 'follow an import that was begun before; needs no files')
    .action(
      async (mappingFile: string | undefined, dataFile: string | undefined, _: unknown, command: Command) => {
        const common = commonOptions(command);
        const options = command.opts<ImportOptions>();
        const client = await ApiClient.ofHome(common.home);
        const status = await cancellable((signal) => start(client, mappingFile, dataFile, options, signal));
        if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
        const errors = options.errors ?? `${dataFile ?? status.id}.errors.csv`;
        if (status.hasErrorFile) await saveErrors(client, status, errors);
        print(common, status, summaryOf(status));
        if (status.state !== 'done' || status.counts.failed > 0)
          throw new CliError(endingOf(status), { details: problemsOf(status) });
      },
    );
}

function start(
  client: ApiClient,
  mappingFile: string | undefined,
  dataFile: string | undefined,
  { resume, dryRun, allOrNothing }: ImportOptions,
  signal: AbortSignal,
): Promise<ImportStatus> {
  if (resume !== undefined) return followImport(client, resume, showProgress, signal);
  if (mappingFile === undefined || dataFile === undefined)
    throw new CliError('Name a mapping file and a CSV file, or an import with --resume.');
  return runImport(client, { mappingFile, dataFile, dryRun, allOrNothing }, showProgress, signal);
}

/** The first Ctrl-C cancels the import on the server; a second one ends this command at once. */
async function cancellable(work: (signal: AbortSignal) => Promise<ImportStatus>): Promise<ImportStatus> {
  const controller = new AbortController();
  const cancel = (): void => {
    process.stderr.write('\nCancelling; the chunk in hand is finished first. Ctrl-C again stops waiting.\n');
    controller.abort();
  };
  process.once('SIGINT', cancel);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', cancel);
  }
}

function showProgress({ label, progress: { done, rows } }: ImportStatus): void {
  if (!process.stderr.isTTY) return;
  const share = rows ? ` (${String(Math.floor((done * 100) / rows))} %)` : '';
  const total = rows === null ? '' : ` of ${String(rows)}`;
  process.stderr.write(`\r\x1b[2K${label}: ${String(done)}${total} rows${share}`);
}

async function saveErrors(client: ApiClient, status: ImportStatus, path: string): Promise<void> {
  await writeFile(path, await client.bytes(`/imports/${status.id}/errors`), { mode: 0o600 });
  process.stderr.write(
    `${String(status.counts.failed)} rows failed; they are in ${path}, each with the reason.\n`,
  );
}

function summaryOf({ label, dryRun, counts }: ImportStatus): string[] {
  const { created, updated, unchanged, skipped, failed } = counts;
  const kept = dryRun ? ' (dry run: nothing was kept)' : '';
  return [
    `${label}: ${String(created)} created, ${String(updated)} updated, ${String(unchanged)} unchanged, ` +
      `${String(skipped)} skipped, ${String(failed)} failed${kept}`,
  ];
}

function endingOf({ id, state, dryRun, allOrNothing, progress, counts }: ImportStatus): string {
  const keepsNothing = dryRun || allOrNothing;
  if (state === 'done') return `${String(counts.failed)} rows failed${dryRun ? '' : '; the others are in'}.`;
  const what = state === 'cancelled' ? 'The import was cancelled' : 'The import failed';
  if (keepsNothing || progress.done === 0) return `${what}; nothing was kept (import ${id}).`;
  const total = progress.rows === null ? '' : ` of ${String(progress.rows)}`;
  return `${what}; the first ${String(progress.done)}${total} rows were kept (import ${id}).`;
}

function problemsOf({ problems }: ImportStatus): string[] {
  return problems.map(({ line, message }) => `line ${String(line)}: ${message}`);
}
