import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.js';
import { waitFor } from '../wait-for.js';
import { cephConf, pidFolder } from './ceph-conf.js';

const execute = promisify(execFile);
const STEP_MS = 120_000;

export interface GatewayUser {
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Makes and starts a cluster in an empty folder; its daemons outlive this process. @returns the gateway's port */
export async function startCeph(folder: string, users: readonly GatewayUser[]): Promise<number> {
  const [monPort, osdPort, gatewayPort] = [await freePort(), await freePort(), await freePort()];
  const fsid = randomUUID();
  for (const name of ['mon', 'osd', 'run']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'keyring'), '');
  await writeFile(join(folder, 'ceph.conf'), cephConf({ folder, fsid, monPort, osdPort, gatewayPort }));
  const run = runner(folder);
  const map = join(folder, 'monmap');
  await run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monPort}]`, map);
  await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, ...asRoot());
  await run('ceph-mon', '-i', 'a', ...asRoot());
  const osd = randomUUID();
  await run('ceph', '--connect-timeout', '60', 'osd', 'new', osd, '0');
  await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd, ...asRoot());
  // Started so soon it may ask the monitor before it has heard the cluster's id, is refused, and ends.
  const start = () => run('ceph-osd', '-i', '0', ...asRoot()).then(() => true);
  await waitFor(start, { timeoutMs: STEP_MS, what: "Ceph's object store" });
  const isUp = async () => (await run('ceph', 'osd', 'dump')).includes('osd.0 up');
  await waitFor(isUp, { timeoutMs: STEP_MS, intervalMs: 200, what: "Ceph's object store" });
  await run('radosgw', '-n', 'client.rgw.a', ...asRoot());
  const answers = () => fetch(`http://127.0.0.1:${gatewayPort}/`).then(() => true);
  await waitFor(answers, { timeoutMs: STEP_MS, intervalMs: 200, what: "Ceph's S3 gateway" });
  for (const user of users) await addUser(run, user);
  return gatewayPort;
}

/** Debian's daemons would become the user `ceph`, to whom a test's folder does not belong. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--setuser', 'root', '--setgroup', 'root'] : [];
}

type Run = (program: string, ...args: string[]) => Promise<string>;

function runner(folder: string): Run {
  const env = {
    ...process.env,
    CEPH_CONF: join(folder, 'ceph.conf'),
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
  };
  return async (program, ...args) => {
    try {
      return (await execute(program, args, { env, timeout: STEP_MS })).stdout;
    } catch (cause) {
      throw new Error(`${program} failed; npm test installs it from Debian (radosgw)`, { cause });
    }
  };
}

async function addUser(run: Run, { name, accessKeyId, secretAccessKey }: GatewayUser): Promise<void> {
  const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
  await run('radosgw-admin', 'user', 'create', '--uid', name, '--display-name', name, ...keys);
}

/**
 * Ends every daemon that notes itself below the folder; its data is thrown away, so there is nothing to end gently. A
 * process that only has the number of one is left alone.
 */
function killCeph(folder: string): void {
  for (const file of filesOf(pidFolder(folder)).filter((name) => name.endsWith('.pid'))) {
    const pid = Number(readOrNothing(join(pidFolder(folder), file)));
    if (!(pid > 1) || !readOrNothing(`/proc/${pid}/environ`).includes(`CEPH_CONF=${folder}/`)) continue;
    process.kill(pid, 'SIGKILL');
  }
}

/** For the end of a run, also a broken-off one. @param runFolder the run's */
export function stopRadosgw(runFolder: string): void {
  killCeph(cephFolder(runFolder));
}

/**
 * HOLDFAST_TEST_CEPH_FOLDER, which must not exist, puts it elsewhere: an object store shares no disk with the databases
 * that write to it, and a measurement that lets it do so measures the disk.
 */
export const cephFolder = (runFolder: string): string =>
  process.env.HOLDFAST_TEST_CEPH_FOLDER ?? join(runFolder, 'ceph');

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no Ceph was started there
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}
