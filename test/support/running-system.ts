// The whole product as a person starts it, for tests that need all of it. It is built before the tests run.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { makeTempFolder } from './temp-folder.js';
import { waitFor } from './wait-for.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface RunningSystem {
  home: string;
  primary: { url: string };
  /** the token may read */
  replica: { url: string; apiToken: string };
  bucket: string;
  users: { email: string; password: string; role: string }[];
  /** may do everything */
  apiToken: string;
  processes: { name: string; pid: number }[];
  /** as Ctrl-C does */
  stop(): Promise<void>;
}

export interface StartOptions {
  home?: string;
  demo?: boolean;
  /** how long the first start may take; the demo needs a minute */
  timeoutMs?: number;
}

/** Starts everything and waits until quickstart.json says that it is there. */
export async function startSystem({
  home,
  demo = true,
  timeoutMs = 240_000,
}: StartOptions = {}): Promise<RunningSystem> {
  const folder = home ?? join(await makeTempFolder('system'), 'home');
  await mkdir(folder, { recursive: true });
  const ports = ['--port', String(await freePort()), '--replica-port', String(await freePort())];
  const args = [
    join(root, 'dist/src/cli/quickstart/main.js'),
    '--home',
    folder,
    ...ports,
    ...(demo ? [] : ['--no-demo']),
  ];
  const startedAt = Date.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(join(folder, 'start.log'), { flags: 'a' });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const facts = await waitFor(() => readFacts(folder, startedAt, child), {
    timeoutMs,
    what: `quickstart.json in ${folder}`,
  });
  return { ...facts, home: folder, stop: () => stop(child) };
}

type Facts = Omit<RunningSystem, 'home' | 'stop'>;

/** A file of an earlier start does not count: its processes are gone. */
async function readFacts(home: string, startedAt: number, child: ChildProcess): Promise<Facts | null> {
  if (child.exitCode !== null)
    throw new Error(`the start ended: ${await readFile(join(home, 'start.log'), 'utf8')}`);
  const path = join(home, 'quickstart.json');
  const { stat } = await import('node:fs/promises');
  const found = await stat(path).catch(() => null);
  return found !== null && found.mtimeMs >= startedAt - 1000
    ? (JSON.parse(await readFile(path, 'utf8')) as Facts)
    : null;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  await gone;
}
