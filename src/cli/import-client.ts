import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';
import { CliError } from './cli.errors.js';

export interface ImportStatus {
  readonly id: string;
  readonly label: string;
  readonly state: 'waiting' | 'queued' | 'running' | 'cancelling' | 'done' | 'failed' | 'cancelled';
  readonly dryRun: boolean;
  readonly allOrNothing: boolean;
  readonly progress: { readonly rows: number | null; readonly done: number; readonly linked: number };
  readonly counts: {
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly skipped: number;
    readonly failed: number;
  };
  readonly problems: readonly { line: number; column?: string; message: string }[];
  readonly hasErrorFile: boolean;
}

export interface ImportFiles {
  readonly mappingFile: string;
  readonly dataFile: string;
  readonly dryRun?: boolean;
  readonly allOrNothing?: boolean;
}

const pollMs = 200;

/** Sends a file and its mapping to the server and follows the import to its end. */
export async function runImport(
  client: ApiClient,
  files: ImportFiles,
  onProgress: (status: ImportStatus) => void,
  signal?: AbortSignal,
): Promise<ImportStatus> {
  await mustBeFile(files.dataFile);
  await mustBeFile(files.mappingFile);
  const { id } = await client.post<ImportStatus>('/imports', {
    mapping: await readFile(files.mappingFile, 'utf8'),
    fileName: basename(files.dataFile),
    dryRun: files.dryRun ?? false,
    allOrNothing: files.allOrNothing ?? false,
  });
  await client.putFile(`/imports/${id}/file`, files.dataFile, 'text/csv');
  return followImport(client, id, onProgress, signal);
}

/** @param signal when it is aborted the import is cancelled on the server, and followed until it has stopped */
export async function followImport(
  client: ApiClient,
  id: string,
  onProgress: (status: ImportStatus) => void,
  signal?: AbortSignal,
): Promise<ImportStatus> {
  let isCancelled = false;
  for (;;) {
    const status = await client.get<ImportStatus>(`/imports/${encodeURIComponent(id)}`);
    onProgress(status);
    if (['done', 'failed', 'cancelled'].includes(status.state)) return status;
    if (signal?.aborted && !isCancelled) {
      isCancelled = true;
      await client.post(`/imports/${status.id}/cancel`);
    }
    await sleep(pollMs);
  }
}

async function mustBeFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new CliError(`There is no file ${path}.`);
  if (!found.isFile()) throw new CliError(`${path} is a folder, not a file.`);
}
