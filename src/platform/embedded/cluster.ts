import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { EmbeddedPostgresFailed } from './embedded.errors.js';
import type { Launcher } from './unprivileged.js';

export const superuser = 'postgres';

/** The superuser's password, made once per home and kept in a file that only its owner reads. */
export async function readOrMakePassword(folder: string): Promise<string> {
  const path = join(folder, 'superuser-password');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const password = randomBytes(24).toString('base64url');
    await writeFile(path, `${password}\n`, { mode: 0o600, flag: 'wx' });
    return password;
  }
}

/** Makes the cluster unless it is there. A crash in the middle leaves a folder that the next start throws away. */
export async function initialise(launcher: Launcher, password: string, logPath: string): Promise<void> {
  if (await isCluster(launcher.data)) return;
  const draft = `${launcher.data}.draft`;
  const passwordFile = `${launcher.data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  await launcher.own(draft);
  await launcher.own(passwordFile);
  try {
    await runInitdb(launcher, draft, passwordFile, logPath);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, launcher.data);
  await syncFolder(dirname(launcher.data));
}

async function runInitdb(
  launcher: Launcher,
  folder: string,
  passwordFile: string,
  logPath: string,
): Promise<void> {
  const args = [
    ...['-D', folder, '-U', superuser, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8'],
    // names sort as people expect (ä beside a), and alike on every operating system
    ...['--locale-provider=icu', '--icu-locale=und', '--locale=C.UTF-8', '--no-instructions'],
  ];
  const child = spawnLogged(launcher, 'initdb', args, logPath);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('exit', resolve);
  });
  if (code !== 0) throw new EmbeddedPostgresFailed('initdb failed', await lastLines(logPath));
}

/** Starts a program in a session of its own, so that Ctrl-C in a terminal does not stop the database first. */
export function spawnLogged(
  launcher: Launcher,
  program: string,
  args: string[],
  logPath: string,
): ChildProcess {
  const log = openSync(logPath, 'a', 0o600);
  try {
    return launcher.spawn(program, args, { stdio: ['ignore', log, log], detached: true });
  } finally {
    closeSync(log);
  }
}

/** Starts the log anew when it has grown past `maxBytes`; the one before is kept. */
export async function rotateLog(path: string, maxBytes = 10 * 1024 * 1024): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > maxBytes) await rename(path, `${path}.1`);
}

export async function lastLines(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

const isCluster = (folder: string) =>
  stat(join(folder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}
