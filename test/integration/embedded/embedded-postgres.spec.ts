import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readlink, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  DataFolderInUse,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../src/platform/embedded/index.js';
import { findBinaries, hydrateSymlinks } from '../../../src/platform/embedded/binaries.js';
import { freePort, makeTempFolder } from '../../support/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const isRoot = process.getuid?.() === 0;
const running: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function start(
  dataFolder: string,
  more: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataFolder, port: await freePort(), ...more });
  running.push(server);
  return server;
}

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const remember = `CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)`;

async function expectMemory(server: EmbeddedPostgres): Promise<void> {
  await expect(sql(server.url, 'SELECT n FROM kept')).resolves.toEqual([{ n: 7 }]);
}

describe('embedded PostgreSQL', () => {
  it('keeps its data over a stop and over a kill -9', async () => {
    const folder = await makeTempFolder('embedded');
    const first = await start(folder);
    await sql(first.url, remember);
    await first.kill();
    const second = await start(folder);
    await expectMemory(second);
    await second.stop();
    await expectMemory(await start(folder));
  });

  it('listens on 127.0.0.1 only, asks everybody for a password and keeps that in a closed file', async () => {
    const folder = await makeTempFolder('embedded');
    const server = await start(folder);
    const [settings] = await sql(
      server.url,
      `SELECT current_setting('listen_addresses') AS address, current_setting('unix_socket_directories') AS sockets,
              current_setting('max_prepared_transactions') AS prepared,
              (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules) AS auth`,
    );
    expect(settings).toEqual({ address: '127.0.0.1', sockets: '', prepared: '64', auth: 'scram-sha-256' });
    expect((await stat(join(folder, 'superuser-password'))).mode & 0o777).toBe(0o600);
    await expect(sql(server.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password');
  });

  it('sorts names as people do', async () => {
    const server = await start(await makeTempFolder('embedded'));
    const [row] = await sql(
      server.url,
      `SELECT array_agg(x ORDER BY x) AS names FROM unnest(ARRAY['Zebra', 'apfel', 'Ärger']) x`,
    );
    expect(row).toEqual({ names: ['apfel', 'Ärger', 'Zebra'] });
  });

  it('takes over the PostgreSQL of a Holdfast that was killed', async () => {
    const folder = await makeTempFolder('embedded');
    const orphanPid = await startAndDie(folder);
    expect(await isAlive(orphanPid)).toBe(true);
    const server = await start(folder);
    await expectMemory(server);
    expect(await isAlive(orphanPid)).toBe(false);
  });

  it('leaves the PostgreSQL of a Holdfast that runs alone', async () => {
    const folder = await makeTempFolder('embedded');
    const server = await start(folder);
    await expect(start(folder)).rejects.toThrow(DataFolderInUse);
    await expect(sql(server.url, 'SELECT 1 AS alive')).resolves.toEqual([{ alive: 1 }]);
  });

  it('starts although a stranger has the process id in the lock file', async () => {
    const folder = await makeTempFolder('embedded');
    const server = await start(folder);
    await sql(server.url, remember);
    const lockFile = join(folder, 'cluster', 'postmaster.pid');
    const lock = await readFile(lockFile, 'utf8');
    await server.kill();
    await writeFile(lockFile, lock.replace(/^\d+/, String(process.ppid)));
    await expectMemory(await start(folder));
  });

  it('begins anew when initdb was killed in the middle', async () => {
    const folder = await makeTempFolder('embedded');
    await mkdir(join(folder, 'cluster.draft'));
    await writeFile(join(folder, 'cluster.draft', 'PG_VERSION'), '18\n');
    await sql((await start(folder)).url, 'SELECT 1');
  });

  it('says that the port is taken', async () => {
    const server = await start(await makeTempFolder('embedded'));
    const folder = await makeTempFolder('embedded');
    await expect(start(folder, { port: server.port })).rejects.toThrow('Address already in use');
  });

  it('puts back symbolic links that npm dropped', async () => {
    const native = await findBinaries();
    const copy = await makeTempFolder('native');
    await mkdir(join(copy, 'native', 'lib'), { recursive: true });
    await writeFile(join(copy, 'native', 'lib', 'libpq.so.5.18'), 'library');
    const links = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
    await writeFile(join(copy, 'native', 'pg-symlinks.json'), links);
    await hydrateSymlinks(join(copy, 'native'));
    await hydrateSymlinks(join(copy, 'native'));
    await expect(readFile(join(copy, 'native', 'lib', 'libpq.so.5'), 'utf8')).resolves.toBe('library');
  });
});

(isRoot ? describe : describe.skip)('embedded PostgreSQL started by root', () => {
  for (const runMode of ['namespace', 'other-user'] as const)
    it(`works below a folder that nobody else may enter, as ${runMode}`, async () => {
      const closed = await makeTempFolder('closed');
      await chmod(closed, 0o700);
      const folder = join(closed, 'home', 'postgres');
      const first = await start(folder, { runMode });
      expect(first.runMode).toBe(runMode);
      await sql(first.url, remember);
      await first.kill();
      // left to itself it goes on with whoever the cluster belongs to
      const second = await start(folder);
      expect(second.runMode).toBe(runMode);
      await expectMemory(second);
      await second.stop();
      await removeRelocated(folder);
    });
});

async function removeRelocated(folder: string): Promise<void> {
  const link = join(folder, 'cluster');
  const target = await readlink(link).catch(() => null);
  if (target === null) return;
  await unlink(link);
  await rm(target, { recursive: true });
}

/** A Holdfast that starts PostgreSQL, writes something and is killed: answers the id of the PostgreSQL it leaves. */
async function startAndDie(dataFolder: string): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(here, 'start-and-die.mjs'), dataFolder, String(await freePort())],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return Number(output);
}

/** A process that ended counts as gone while whoever adopted it has not asked for its end yet, as init may take long. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return !text.slice(text.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false; // it is not there, or went away between the two looks
  }
}
