import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk of a few megabytes over a folder. Only root may mount one, and not in every container. */
export interface SmallDisk {
  /** as an administrator does who was told that it is full */
  grow(bytes: number): Promise<void>;
  remove(): Promise<void>;
}

export async function mountSmallDisk(folder: string, bytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  const size = (of: number) => `size=${Math.ceil(of / 1024)}k`;
  await run('mount', ['-t', 'tmpfs', '-o', `${size(bytes)},mode=700`, 'tmpfs', folder]);
  return {
    grow: async (to) => {
      await run('mount', ['-o', `remount,${size(to)}`, folder]);
    },
    remove: async () => {
      await run('umount', ['-l', folder]);
    },
  };
}

/** Whether this process may mount anything at all. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (isMounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
  return isMounted;
}
