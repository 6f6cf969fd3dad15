// PostgreSQL refuses to run as root, and people do run trials as root, often under /root where no other user may
// read. So as root it runs in a user namespace in which root's files belong to an ordinary user; where namespaces
// are forbidden (many containers) it runs as `nobody`, with program and data where that user can reach them.
import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresUnavailable } from './embedded.errors.js';

const run = promisify(execFile);

export type RunMode = 'direct' | 'namespace' | 'other-user';

/** How PostgreSQL's programs are started, and the folders they are to use. */
export interface Launcher {
  mode: RunMode;
  /** folder with `bin/`, readable by whom PostgreSQL runs as */
  native: string;
  /** folder for the cluster, writable by whom PostgreSQL runs as */
  data: string;
  spawn(program: string, args: string[], options: SpawnOptions): ChildProcess;
  /** gives a path to whom PostgreSQL runs as */
  own(path: string): Promise<void>;
}

/** Any user of /etc/passwd will do, but one of them it must be: PostgreSQL looks its own user up there. */
const mappedUsers = ['daemon', 'bin', 'nobody'];

const namespaceArgs = ({ uid, gid }: SystemUser): string[] => [
  '-U',
  `--map-user=${uid}`,
  `--map-group=${gid}`,
];

/** @param mode forces a way of running; without it the first one that works here is taken */
export async function createLauncher(native: string, data: string, mode?: RunMode): Promise<Launcher> {
  const owner = process.getuid?.() === 0 ? await ownerOf(data) : null;
  const chosen = mode ?? (await chooseMode(owner));
  if (chosen === 'other-user')
    return createOtherUserLauncher(native, data, owner?.uid ? owner : await findUser(['postgres', 'nobody']));
  const prefix = chosen === 'namespace' ? namespaceArgs(await findUser(mappedUsers)) : [];
  return {
    mode: chosen,
    native,
    data,
    spawn: (program, args, options) => {
      const path = join(native, 'bin', program);
      return chosen === 'namespace'
        ? spawn('unshare', [...prefix, path, ...args], options)
        : spawn(path, args, options);
    },
    own: () => Promise.resolve(),
  };
}

/** Root goes on with whoever a cluster belongs to: one begun by an ordinary user stays that user's. */
async function chooseMode(owner: SystemUser | null): Promise<RunMode> {
  if (process.getuid?.() !== 0) return 'direct';
  if (owner && owner.uid !== 0) return 'other-user';
  return (await canUseNamespace()) ? 'namespace' : 'other-user';
}

async function ownerOf(path: string): Promise<SystemUser | null> {
  return stat(path).then(
    ({ uid, gid }) => ({ uid, gid }),
    () => null,
  );
}

async function canUseNamespace(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const user = await findUser(mappedUsers);
  // `id` must answer that user: some kernels accept the call and leave the ids unmapped
  return run('unshare', [...namespaceArgs(user), 'id', '-u']).then(
    ({ stdout }) => stdout.trim() === String(user.uid),
    () => false,
  );
}

async function createOtherUserLauncher(native: string, data: string, user: SystemUser): Promise<Launcher> {
  const program = (await isReachable(native, user)) ? native : await copyProgram(native);
  const folder = (await isReachable(dirname(data), user)) ? data : await relocate(data);
  const own = (path: string) => chownTree(path, user);
  if (await exists(folder)) await own(folder);
  return {
    mode: 'other-user',
    native: program,
    data: folder,
    spawn: (name, args, options) =>
      spawn(join(program, 'bin', name), args, { ...options, ...user, cwd: '/' }),
    own,
  };
}

interface SystemUser {
  uid: number;
  gid: number;
}

async function findUser(names: string[]): Promise<SystemUser> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of names) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new EmbeddedPostgresUnavailable(
    'PostgreSQL refuses to run as root, user namespaces are forbidden here and there is no user "nobody"; ' +
      'start Holdfast as an ordinary user',
  );
}

/** Whether the user may enter every folder on the way. */
async function isReachable(path: string, user: SystemUser): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    const needed = found?.uid === user.uid ? 0o500 : 0o005;
    if (found && (found.mode & needed) !== needed) return false;
    if (folder === dirname(folder)) return true;
  }
}

const sharedRoot = '/var/lib/holdfast-embedded';

async function makeSharedRoot(): Promise<void> {
  await mkdir(sharedRoot, { recursive: true });
  await chmod(sharedRoot, 0o755);
}

async function copyProgram(native: string): Promise<string> {
  await makeSharedRoot();
  const version = await readFile(join(native, '..', 'package.json'), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
  );
  const target = join(sharedRoot, `postgresql-${version}`);
  if (await exists(target)) return target;
  const partial = `${target}.${process.pid}`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, target).catch(async (error: unknown) => {
    // another start copied it in the meantime
    await rm(partial, { recursive: true });
    if (!(await exists(target))) throw error;
  });
  return target;
}

/** Keeps the cluster outside a closed home and leaves a link to it there, so that the home still leads to all data. */
async function relocate(data: string): Promise<string> {
  const found = await lstat(data).catch(() => null);
  if (found?.isSymbolicLink()) return readlink(data);
  await makeSharedRoot();
  // a fresh name: what an earlier home of this path left here has other passwords
  const target = join(sharedRoot, `data-${randomBytes(8).toString('hex')}`);
  if (found) {
    await cp(data, `${target}.partial`, { recursive: true });
    await rename(`${target}.partial`, target);
    await rm(data, { recursive: true });
  }
  await mkdir(dirname(data), { recursive: true });
  await symlink(target, data);
  return target;
}

async function chownTree(path: string, { uid, gid }: SystemUser): Promise<void> {
  await chown(path, uid, gid);
  if (!(await stat(path)).isDirectory()) return;
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid);
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
