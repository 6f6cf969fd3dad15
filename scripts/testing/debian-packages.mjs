// The tests need a Redis, an S3 server, a browser, an older PostgreSQL and, for the second reader of the replica format,
// two Python modules. On a bare Debian they are installed; elsewhere the message says what to do.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

const needed = [
  { package: 'redis-server', program: 'redis-server', for: 'queue tests' },
  { package: 'radosgw', program: 'radosgw', for: 'tests against a real S3 server' },
  { package: 'ceph-mon', program: 'ceph-mon', for: 'tests against a real S3 server' },
  { package: 'ceph-osd', program: 'ceph-osd', for: 'tests against a real S3 server' },
  { package: 'ceph-common', program: 'ceph', for: 'tests against a real S3 server' },
  { package: 'openssl', program: 'openssl', for: 'tests of Redis over TLS' },
  { package: 'chromium', program: 'chromium', for: 'browser tests' },
  {
    package: 'postgresql-15',
    program: '/usr/lib/postgresql/15/bin/postgres',
    for: 'the oldest PostgreSQL that is supported',
  },
  { package: 'faketime', program: 'faketime', for: 'tests of a clock that is off' },
  { package: 'prometheus', program: 'promtool', for: 'the test of the alert rules' },
  { package: 'python3-cryptography', module: 'cryptography', for: 'the independent reader of replicas' },
  { package: 'python3-zstandard', module: 'zstandard', for: 'the independent reader of replicas' },
];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: either way it cannot be used
  }
}

function find(program) {
  if (isAbsolute(program)) return isExecutable(program);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders.some((folder) => isExecutable(join(folder, program)));
}

/** Debian's own Python: a package of Debian's is of no use to any other that may stand before it in PATH. */
const DEBIAN_PYTHON = '/usr/bin/python3';

function isThere({ program, module }) {
  if (program !== undefined) return find(program);
  return spawnSync(DEBIAN_PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0;
}

/** The words that go before a command to run it as root; null where one cannot become root without a password. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!find('sudo')) return null;
  return spawnSync('sudo', ['-n', 'true']).status === 0
    ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive']
    : null;
}

/** The tests start clusters of their own; one that the package makes and starts would only take a port. */
function keepDebianFromStartingPostgres(prefix) {
  const file = '/etc/postgresql-common/createcluster.conf';
  const script = `test -e ${file} || { mkdir -p ${dirname(file)} && echo 'create_main_cluster = false' > ${file}; }`;
  const [command, ...args] = [...prefix, 'sh', '-c', script];
  run(command, args);
}

/** @returns what is still missing, in sentences; the tests that need it will fail, the others run */
export function installMissing() {
  const missing = needed.filter((entry) => !isThere(entry));
  if (missing.length === 0) return [];
  const names = missing.map((entry) => entry.package);
  const prefix = rootPrefix();
  if (!find('apt-get') || prefix === null)
    return missing.map(
      (entry) =>
        `${entry.package} is missing (${entry.for}): as root, run "apt-get install ${entry.package}"`,
    );
  console.log(`installing ${names.join(' and ')} from Debian`);
  const [command, ...args] = [...prefix, 'apt-get'];
  run(command, [...args, '-qq', 'update']);
  if (names.includes('postgresql-15')) keepDebianFromStartingPostgres(prefix);
  run(command, [
    ...args,
    '-qq',
    '-y',
    '--no-install-recommends',
    '-o',
    'Dpkg::Use-Pty=0',
    'install',
    ...names,
  ]);
  return missing
    .filter((entry) => !isThere(entry))
    .map((entry) => `${entry.package} is missing (${entry.for}): apt-get could not install it`);
}
