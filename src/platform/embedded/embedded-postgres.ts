// One command must start everything with nothing but Node on the machine, so PostgreSQL comes from npm and runs here
// as a child process that never outlives its Holdfast for long: the next start stops what a crash left running.
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from './binaries.js';
import { initialise, lastLines, readOrMakePassword, rotateLog, spawnLogged, superuser } from './cluster.js';
import { EmbeddedPostgresFailed } from './embedded.errors.js';
import { claim, clearLeftovers, disclaim, signal, stopProcess } from './postmaster.js';
import { createLauncher, type RunMode } from './unprivileged.js';

export interface EmbeddedPostgresOptions {
  /** holds the cluster, its log and the superuser's password; made when missing */
  dataFolder: string;
  /** TCP port on 127.0.0.1; PostgreSQL listens nowhere else */
  port: number;
  /** settings of postgresql.conf that win over the defaults here */
  settings?: Record<string, string | number>;
  /** the folder with `bin/`, `lib/` and `share/`; the npm package's where left out */
  binaries?: string;
  /** forces how root runs it; found out by itself when left out */
  runMode?: RunMode;
}

export interface EmbeddedPostgres {
  /** superuser's URL of the database `postgres` */
  url: string;
  port: number;
  pid: number;
  runMode: RunMode;
  /** resolves when the process has ended, whoever ended it */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** fast shutdown: open transactions are rolled back, the next start needs no recovery */
  stop(): Promise<void>;
  /** kill -9 of the server process, for tests of crashes */
  kill(): Promise<void>;
}

const defaults: Record<string, string | number> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  max_prepared_transactions: 64,
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  wal_compression: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a %u@%d ',
  // a statement may hold personal data; the log must not
  log_parameter_max_length_on_error: 0,
  log_min_error_statement: 'panic',
  password_encryption: 'scram-sha-256',
};

/**
 * Starts PostgreSQL on 127.0.0.1, making its cluster on first use, and waits until it answers.
 * @throws EmbeddedPostgresUnavailable, DataFolderInUse, EmbeddedPostgresFailed
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const launcher = await createLauncher(
    options.binaries ?? (await findBinaries()),
    join(folder, 'cluster'),
    options.runMode,
  );
  const password = await readOrMakePassword(folder);
  const logPath = join(folder, 'postgres.log');
  await clearLeftovers(folder, launcher.data);
  await rotateLog(logPath);
  await initialise(launcher, password, logPath);
  await claim(folder);
  const url = `postgresql://${superuser}:${password}@127.0.0.1:${options.port}/postgres`;
  const settings = Object.entries({ ...defaults, port: options.port, ...options.settings });
  const args = ['-D', launcher.data, ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])];
  const child = await startPatiently(() => spawnLogged(launcher, 'postgres', args, logPath), url, logPath);
  return handleOf(child, { url, port: options.port, runMode: launcher.mode, folder });
}

/** Backends of a killed server hold its shared memory until they notice; PostgreSQL refuses to start meanwhile. */
async function startPatiently(
  spawn: () => ChildProcess,
  url: string,
  logPath: string,
): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    const child = spawn();
    if (await waitUntilReady(child, url)) return child;
    const log = await lastLines(logPath);
    const isHeld = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(log);
    if (!isHeld || attempt === 40) throw new EmbeddedPostgresFailed('PostgreSQL did not start', log);
    await sleep(500);
  }
}

/** @returns false when the process ended */
async function waitUntilReady(child: ChildProcess, url: string): Promise<boolean> {
  const state: { hasEnded: boolean; failure?: Error } = { hasEnded: false };
  child.once('exit', () => {
    state.hasEnded = true;
  });
  child.once('error', (failure) => {
    state.hasEnded = true;
    state.failure = failure;
  });
  // crash recovery may take minutes, so only the end of the process is an end
  let refusals = 0;
  while (!state.hasEnded) {
    const answer = await knock(url);
    if (answer === 'open') return !state.hasEnded;
    // a stranger on this port refuses once or twice, until ours gives up; ours over a strange cluster goes on
    refusals += answer === 'refused' ? 1 : 0;
    if (refusals > 40) {
      signal(child.pid ?? 0, 'SIGINT');
      throw new EmbeddedPostgresFailed('PostgreSQL does not know the password of this home', '(none)');
    }
    await sleep(50);
  }
  if (state.failure) throw state.failure;
  return false;
}

const invalidPassword = '28P01';

async function knock(url: string): Promise<'open' | 'refused' | 'silent'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // a server that goes away again is seen by the next attempt
  try {
    await client.connect();
    await client.query('SELECT 1');
    return 'open';
  } catch (error) {
    return (error as { code?: string }).code === invalidPassword ? 'refused' : 'silent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

function handleOf(
  child: ChildProcess,
  { url, port, runMode, folder }: { url: string; port: number; runMode: RunMode; folder: string },
): EmbeddedPostgres {
  const pid = child.pid ?? 0;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ code: child.exitCode, signal: child.signalCode });
    else child.once('exit', (code, signalName) => resolve({ code, signal: signalName }));
  });
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    ...{ url, port, pid, runMode, exited },
    stop: async () => {
      if (!isGone()) await stopProcess(pid, 60_000);
      await exited;
      await disclaim(folder);
    },
    kill: async () => {
      if (!isGone()) signal(pid, 'SIGKILL');
      await exited;
      await disclaim(folder);
    },
  };
}
