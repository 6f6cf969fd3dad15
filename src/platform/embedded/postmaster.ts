// What a kill -9 leaves behind: a lock file whose process is gone, or a PostgreSQL whose Holdfast is gone.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataFolderInUse } from './embedded.errors.js';

/** Stops a PostgreSQL over `dataFolder` whose Holdfast is gone; nothing happens where none runs. */
export async function stopLeftover(dataFolder: string): Promise<void> {
  const folder = resolve(dataFolder);
  const cluster = join(folder, 'cluster');
  await clearLeftovers(folder, await realpath(cluster).catch(() => cluster));
}

interface Owner {
  pid: number;
  /** tells a process from a later one with the same id; null where the system does not say */
  startedAt: string | null;
}

const ownerFile = (folder: string) => join(folder, 'owner.json');

export async function claim(folder: string): Promise<void> {
  const owner: Owner = { pid: process.pid, startedAt: await startTime(process.pid) };
  await writeFile(ownerFile(folder), JSON.stringify(owner), { mode: 0o600 });
}

export async function disclaim(folder: string): Promise<void> {
  await rm(ownerFile(folder), { force: true });
}

/**
 * Stops a PostgreSQL that outlived its Holdfast and removes a lock file that nobody holds.
 * @throws DataFolderInUse while the Holdfast that started it is alive
 */
export async function clearLeftovers(folder: string, cluster: string): Promise<void> {
  const pid = await readPostmasterPid(cluster);
  if (pid === null) return;
  if (!(await isPostgresOf(pid, cluster))) {
    // the id may belong to a stranger by now, and then PostgreSQL would refuse to start
    await rm(join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  const owner = await readOwner(folder);
  if (owner && (await isAlive(owner))) throw new DataFolderInUse(folder, owner.pid);
  await stopProcess(pid, 30_000);
}

async function readPostmasterPid(cluster: string): Promise<number | null> {
  const text = await readOptional(join(cluster, 'postmaster.pid'));
  const pid = Number.parseInt(text ?? '', 10);
  return text === null ? null : Number.isNaN(pid) ? 0 : Math.abs(pid);
}

async function readOwner(folder: string): Promise<Owner | null> {
  const text = await readOptional(ownerFile(folder));
  if (text === null) return null;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    // a crash while it was written: whoever wrote it is gone
    return null;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.pid === process.pid) return owner.startedAt === (await startTime(process.pid));
  return exists(owner.pid) && owner.startedAt === (await startTime(owner.pid));
}

async function isPostgresOf(pid: number, cluster: string): Promise<boolean> {
  if (pid === 0 || !exists(pid)) return false;
  // a zombie has no command line and serves nothing
  const command =
    process.platform === 'linux' ? await readOptional(`/proc/${pid}/cmdline`) : await askPs(pid);
  return command?.includes('postgres') === true && command.includes(`-D\0${cluster}\0`);
}

/** The command line as /proc would have it, as far as that can be had. */
async function askPs(pid: number): Promise<string | null> {
  return promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).then(
    ({ stdout }) => `${stdout.trim()} `.replace(/ -D /, ' -D\0').replace(/ -c /g, '\0-c '),
    () => null,
  );
}

/** Asks for a fast shutdown, and takes the process down when `patienceMs` is over. */
export async function stopProcess(pid: number, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  signal(pid, 'SIGINT');
  while (exists(pid)) {
    if (Date.now() > deadline) signal(pid, 'SIGQUIT');
    if (Date.now() > deadline + 5_000) signal(pid, 'SIGKILL');
    await sleep(25);
  }
}

/** Like `process.kill`; a process that is gone is what the caller wants. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A process that has ended counts as gone even where nobody reaps it, as in a container whose first process does not. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    // it went away between the two looks
    return true;
  }
}

async function startTime(pid: number): Promise<string | null> {
  const stat = await readOptional(`/proc/${pid}/stat`);
  // the command may hold spaces and brackets, so count from the last bracket; field 22 of proc(5)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
