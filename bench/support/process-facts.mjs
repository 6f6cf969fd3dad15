// CPU and memory of other processes, as Linux counts them. Kernel time is in it, and every thread.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, which Linux fixes for /proc

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      cpuMs: milliseconds(fields[11], fields[12]),
      /** of children that have ended and were waited for */
      endedMs: milliseconds(fields[13], fields[14]),
    };
  } catch {
    return null; // it has ended
  }
}

const milliseconds = (user, kernel) => ((Number(user) + Number(kernel)) * 1000) / ticksPerSecond;

/** Milliseconds of CPU that a process has used, 10 ms fine. */
export const cpuMs = (pid) => statOf(pid)?.cpuMs ?? 0;

/** The same for a process and its children, also those that have ended: PostgreSQL with its backends. */
export function cpuMsOfFamily(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid);
  const own = statOf(pid);
  return (
    (own?.cpuMs ?? 0) + (own?.endedMs ?? 0) + children.reduce((sum, stat) => sum + (stat?.cpuMs ?? 0), 0)
  );
}

/** MiB resident now, and the most that ever were. */
export function memoryMb(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return { now: Math.round(kb('VmRSS') / 1024), peak: Math.round(kb('VmHWM') / 1024) };
  } catch {
    return { now: 0, peak: 0 };
  }
}

/** Node's options to keep a CPU profile there when the process ends; none where no folder is given. */
export const profileArgs = (folder) => (folder === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
