// One PostgreSQL per Jest run; every test gets a database of its own in it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapRoles, databaseRoleNames, type RolePasswords } from '../../src/platform/database/index.js';
import {
  DataFolderInUse,
  hydrateSymlinks,
  startEmbeddedPostgres,
  stopLeftover,
  type EmbeddedPostgres,
} from '../../src/platform/embedded/index.js';
import { freePort } from './free-port.js';
import { stopRadosgw } from './radosgw/ceph-processes.js';

/** How the workers, which are processes of their own, learn where the services are. */
export const variables = {
  url: 'HOLDFAST_TEST_POSTGRES_URL',
  passwords: 'HOLDFAST_TEST_ROLE_PASSWORDS',
  folder: 'HOLDFAST_TEST_FOLDER',
  /** another PostgreSQL than the embedded one, as `npm run test:postgres` brings it */
  binaries: 'HOLDFAST_TEST_POSTGRES_BINARIES',
} as const;

const folderPrefix = 'holdfast-test-';

let users = 0;
let server: EmbeddedPostgres | undefined;

/** Called once per Jest project; projects of one run share the server. */
export async function startServices(): Promise<void> {
  users += 1;
  if (users > 1) return;
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  process.env[variables.folder] = folder;
  // Ctrl-C ends Jest without its teardown
  process.once('exit', () => {
    stopRadosgw(folder);
  });
  const url = process.env[variables.url] ?? (await startServer(folder));
  const passwords = randomPasswords();
  await bootstrapRoles(url, passwords);
  process.env[variables.url] = url;
  process.env[variables.passwords] = JSON.stringify(passwords);
}

export async function stopServices(): Promise<void> {
  users -= 1;
  if (users > 0) return;
  await server?.stop();
  server = undefined;
  const folder = process.env[variables.folder];
  if (folder) stopRadosgw(folder);
  if (folder) await rm(folder, { recursive: true, force: true });
}

async function startServer(folder: string): Promise<string> {
  const binaries = process.env[variables.binaries];
  if (binaries !== undefined) await hydrateSymlinks(binaries);
  const started = await startEmbeddedPostgres({
    ...(binaries === undefined ? {} : { binaries }),
    dataFolder: join(folder, 'postgres'),
    port: await freePort(),
    settings: {
      max_connections: 300,
      // nobody kills this server, and its data does not outlive the run; tests of crashes start their own
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      track_commit_timestamp: 'on',
    },
  });
  server = started;
  // Ctrl-C ends Jest without its teardown
  process.once('exit', () => {
    if (server) process.kill(started.pid, 'SIGQUIT');
  });
  return started.url;
}

function randomPasswords(): RolePasswords {
  return Object.fromEntries(
    databaseRoleNames.map((role) => [role, randomBytes(18).toString('base64url')]),
  ) as RolePasswords;
}

/** Removes what runs left that were killed. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    stopRadosgw(folder);
    try {
      await stopLeftover(join(folder, 'postgres'));
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) throw error;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
