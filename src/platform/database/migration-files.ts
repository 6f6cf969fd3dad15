import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { MigrationInterface } from 'typeorm';

type MigrationClass = new () => MigrationInterface;

// the same way up from src/ and from dist/src/
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'migrations');

const fileName = /^(\d{13})-[a-z0-9-]+\.(js|ts)$/;

/** The migrations of the program that runs, oldest first. */
export async function loadMigrations(): Promise<MigrationClass[]> {
  const names = (await readdir(folder)).filter((name) => fileName.test(name)).sort();
  const classes: MigrationClass[] = [];
  for (const name of names) classes.push(await loadMigration(name));
  return classes;
}

async function loadMigration(name: string): Promise<MigrationClass> {
  const module = (await import(pathToFileURL(join(folder, name)).href)) as Record<string, unknown>;
  const classes = Object.values(module).filter((value) => typeof value === 'function') as MigrationClass[];
  const [found] = classes;
  const timestamp = fileName.exec(name)?.[1] ?? '';
  // TypeORM orders by the class's name; a file whose name says otherwise would mislead every reader
  if (!found || classes.length > 1 || !found.name.endsWith(timestamp))
    throw new TypeError(`${name} must export one class whose name ends with ${timestamp}`);
  return found;
}
