// The whole product as a person starts it, for tests that need all of it. It is built before the tests run.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { onceARun } from './once-a-run.js';
import { makeTempFolder } from './temp-folder.js';
import { waitFor } from './wait-for.js';

export const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What quickstart.json holds. */
export interface SystemFacts {
  primary: { url: string };
  /** the token may read */
  replica: { url: string; apiToken: string };
  bucket: string;
  users: { email: string; password: string; role: string }[];
  /** may do everything */
  apiToken: string;
  processes: { name: string; pid: number }[];
}

export interface RunningSystem extends SystemFacts {
  home: string;
  start: SystemStart;
  /** as Ctrl-C does */
  stop(): Promise<void>;
}

export interface StartOptions {
  home?: string;
  demo?: boolean;
  /** of the demo: begins with nothing, where else a copy of a home is started that the demo was imported into */
  isFirstStart?: boolean;
  /** of server and replica; free ones when left out */
  ports?: readonly [number, number];
  /** what all of its processes find in their environment besides ours */
  env?: Readonly<Record<string, string>>;
  /** how long the first start may take; the demo needs a minute */
  timeoutMs?: number;
}

/** A start under way, as seen from the terminal. */
export interface SystemStart {
  child: ChildProcess;
  home: string;
  /** everything printed so far */
  output(): string;
  /** resolves when the process has ended and its output is complete */
  exited: Promise<number | null>;
}

/** Starts everything and waits until quickstart.json says that it is there. */
export async function startSystem(options: StartOptions = {}): Promise<RunningSystem> {
  const { home, demo = true, timeoutMs = 240_000 } = options;
  const folder = home ?? join(await makeTempFolder('system'), 'home');
  if (home === undefined && demo && options.isFirstStart !== true) await copyDemoHome(folder);
  const [port, replicaPort] = options.ports ?? [await freePort(), await freePort()];
  const args = [
    '--port',
    String(port),
    '--replica-port',
    String(replicaPort),
    ...(demo ? [] : ['--no-demo']),
  ];
  const startedAt = Date.now();
  const start = await beginStart(folder, args, undefined, options.env);
  const facts = await waitFor(() => factsOrEnd(start, startedAt), {
    timeoutMs,
    what: `quickstart.json in ${folder}`,
  }).catch(() => 'too late' as const);
  if (facts === 'ended' || facts === 'too late') {
    await interrupt(start);
    throw new Error(`the start did not end well (${facts}): ${start.output()}`);
  }
  return { ...facts, home: folder, start, stop: () => interrupt(start) };
}

/**
 * A first start imports 18,000 records and hashes the passwords of thirty people: once a run is enough for tests that
 * are about something else. The first of them makes the home and stops it, as a person would; each works in a copy.
 */
async function copyDemoHome(folder: string): Promise<void> {
  const run = process.env['HOLDFAST_TEST_FOLDER'];
  if (run === undefined) return;
  const made = await onceARun(join(run, 'demo'), async (place) => {
    const system = await startSystem({ home: join(place, 'home') });
    await system.stop();
  });
  // with the owner of the database's files; sharing blocks where the file system can
  await promisify(execFile)('cp', ['-a', '--reflink=auto', join(made, 'home'), folder]);
  // that of the start before; a start writes it anew
  await rm(join(folder, 'quickstart.json'));
}

/** Runs what `npm start -- --home <folder> …` runs, without waiting for anything. */
export async function beginStart(
  home: string,
  args: readonly string[] = [],
  script = 'dist/src/cli/quickstart/main.js',
  env: Readonly<Record<string, string>> = {},
): Promise<SystemStart> {
  await mkdir(home, { recursive: true });
  // in a process group of its own, as a shell would put it
  const child = spawn(process.execPath, [join(checkout, script), '--home', home, ...args], {
    cwd: checkout,
    // spelled out: what a test sets in Jest's process.env is a copy, which no child inherits
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(`${home}.start.log`, { flags: 'a' });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    stream.pipe(log, { end: false });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      log.end();
      resolve(code);
    });
  });
  return { child, home, output: () => printed, exited };
}

/** A file of an earlier start does not count: its processes are gone. */
async function factsOrEnd(
  { child, home }: SystemStart,
  startedAt: number,
): Promise<SystemFacts | 'ended' | null> {
  if (child.exitCode !== null || child.signalCode !== null) return 'ended';
  const path = join(home, 'quickstart.json');
  const found = await stat(path).catch(() => null);
  return found !== null && found.mtimeMs >= startedAt - 1000
    ? (JSON.parse(await readFile(path, 'utf8')) as SystemFacts)
    : null;
}

/** Ctrl-C: the signal goes to the whole group. */
async function interrupt({ child, exited }: SystemStart): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGINT');
  await exited;
}

/** Every process that has the home folder in its command line: the supervisor, its children, PostgreSQL. */
export async function processesOf(home: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').some((word) => word === home || word.startsWith(`${home}/`)))
      found.push(Number(pid));
  }
  return found;
}
