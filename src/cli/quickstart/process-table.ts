import { readFile } from 'node:fs/promises';

/**
 * When a process began, in ticks since boot (field 22 of proc(5)), or `alive` where the system does not say.
 * @returns '' for a process that is gone; one that has ended and waits to be reaped is gone too
 */
export async function startTimeOf(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 0) return '';
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? '' : (fields[18] ?? '');
  } catch {
    return process.platform === 'linux' ? '' : aliveElsewhere(pid);
  }
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await startTimeOf(pid)) !== '';
}

function aliveElsewhere(pid: number): string {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return '';
  }
}
