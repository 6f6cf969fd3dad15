import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of this program, as package.json says; told by `GET /me` and written into manifests. */
export const programVersion: string = readVersion(dirname(fileURLToPath(import.meta.url)));

/** The nearest package.json above: the same from `src/` and from `dist/src/`. */
function readVersion(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version?: string;
    };
    if (version !== undefined) return version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const parent = dirname(folder);
  return parent === folder ? '0.0.0' : readVersion(parent);
}
