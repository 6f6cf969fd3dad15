// `npm test`: every test that takes minutes at most, on a machine with nothing but Node. The last line it prints is
// always `N passed, N failed`. With --checks, lint, types and boundaries run too and count as one test each.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.mjs';
import { installMissing } from './testing/debian-packages.mjs';
import { runProjects } from './testing/jest-projects.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const isChecking = words.includes('--checks');
const forJest = words.filter((word) => word !== '--checks');

function build(name, script) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, [join(root, script)], { cwd: root, stdio: 'inherit' });
  return {
    name,
    passed: 0,
    failed: status === 0 ? 0 : 1,
    skipped: 0,
    failures: status === 0 ? [] : [`${name} failed`],
  };
}

function asResult({ name, isPassed }) {
  return {
    name,
    passed: isPassed ? 1 : 0,
    failed: isPassed ? 0 : 1,
    skipped: 0,
    failures: isPassed ? [] : [name],
  };
}

function print(results, missing) {
  console.log('');
  for (const { name, passed, failed, skipped } of results)
    console.log(`${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  for (const failure of results.flatMap(({ failures }) => failures)) console.log(`✗ ${failure}`);
  for (const sentence of missing) console.log(`! ${sentence}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed');
}

const missing = installMissing();
const results = [
  build('build of the server', 'scripts/build.mjs'),
  build('build of the web UI', 'scripts/build-web.mjs'),
  ...(isChecking ? (await runChecks()).map(asResult) : []),
  ...(await runProjects(forJest)),
];
// what stdout still holds must be written before the process ends, for the last line is what CI reads
process.exitCode = print(results, missing) > 0 ? 1 : 0;
