import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A module of the built product: what is measured is what is shipped. */
export function product(path) {
  return import(pathToFileURL(join(root, 'dist', path)).href);
}
