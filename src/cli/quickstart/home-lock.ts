import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli.errors.js';
import type { Home } from './home.js';
import { startTimeOf } from './process-table.js';

/** Keeps two starts out of one home: both would run PostgreSQL on the same files. */
export class HomeLock {
  private constructor(private readonly path: string) {}

  static async take(home: Home): Promise<HomeLock> {
    const path = join(home.folder, 'start.pid');
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(path, `${process.pid} ${await startTimeOf(process.pid)}`, {
          flag: 'wx',
          mode: 0o600,
        });
        return new HomeLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = await holderOf(path);
        if (holder !== null)
          throw new CliError(
            `Holdfast already runs from ${home.folder} (process ${holder}). Stop it first, or choose another --home.`,
          );
        await rm(path, { force: true });
      }
    }
    throw new CliError(`Two starts race for ${home.folder}. Try again.`);
  }

  release(): Promise<void> {
    return rm(this.path, { force: true });
  }
}

/** The process that holds the lock, or null where it is gone: a kill -9 leaves the file behind, and pids come round again. */
async function holderOf(path: string): Promise<number | null> {
  const [pid = '', startTime = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  const found = await startTimeOf(Number(pid));
  return found !== '' && found === startTime ? Number(pid) : null;
}
