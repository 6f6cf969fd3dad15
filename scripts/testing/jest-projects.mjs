import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Whole processes and browsers need the machine for themselves; the others share its cores. */
const projects = [
  { name: 'unit', args: ['--maxWorkers=2'] },
  { name: 'integration', args: ['--maxWorkers=2'] },
  { name: 'e2e', args: ['--maxWorkers=2'] },
];

/** Runs every project, one after the other, with Jest's own output shown; answers their counts. */
export async function runProjects(more = []) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-results-'));
  const results = [];
  try {
    for (const { name, args } of projects) {
      const file = join(folder, `${name}.json`);
      console.log(`\n── ${name} tests`);
      const code = await runJest([
        name,
        ...args,
        ...more,
        '--passWithNoTests',
        '--json',
        `--outputFile=${file}`,
      ]);
      results.push({ name, ...count(await readReport(file), code) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return results;
}

function runJest(args) {
  return new Promise((resolve) => {
    // with --json Jest prints its report on stdout, which the file holds already; what people read is on stderr
    const child = spawn(process.execPath, [join(root, 'scripts/jest.mjs'), ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function readReport(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null; // Jest ended before it wrote one; `count` counts that as a failure
  }
}

/**
 * A suite that does not load has no tests to count, so it counts as one failed test itself; so does a Jest that ends
 * badly without naming a failed test (a crash, a broken global set-up).
 * @returns {{ passed: number, failed: number, skipped: number, failures: string[] }}
 */
export function count(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0, failures: ['Jest ended without a report'] };
  const suites = report.testResults ?? [];
  const broken = suites.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  const tests = suites.flatMap((suite) => suite.assertionResults);
  const failures = [
    ...broken.map((suite) => `${relativeName(suite.name)} does not load`),
    ...suites.flatMap((suite) =>
      suite.assertionResults
        .filter((test) => test.status === 'failed')
        .map((test) => `${relativeName(suite.name)}: ${test.fullName}`),
    ),
  ];
  if (exitCode !== 0 && failures.length === 0) failures.push(`Jest ended with code ${exitCode}`);
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failures.length,
    skipped: tests.filter((test) => !['passed', 'failed'].includes(test.status)).length,
    failures,
  };
}

const relativeName = (path) => path.replace(`${root}/`, '');
