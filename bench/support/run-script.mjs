import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './paths.mjs';

const execute = promisify(execFile);
/** `BENCH_PROFILE=/tmp/profiles` writes a .cpuprofile of each script there, for bench/profile.mjs. */
const profiles = process.env.BENCH_PROFILE;
const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];

/** Runs a script in a process of its own. @returns what it printed as JSON */
export async function runScript(script, settings) {
  const { stdout } = await execute(
    process.execPath,
    [...profiling, join(root, 'bench', script), JSON.stringify(settings)],
    {
      maxBuffer: 1 << 20,
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
