// `npm run check`: everything that can be said about the code without a database. `--list` of the steps is what
// `npm test -- --checks` counts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tool = (path) => join(root, 'node_modules', path);

const sources = ['src', 'connector', 'migrations', 'web/src'];

/** Each step is a program on the Node that runs this one. */
export const checks = [
  { name: 'prettier', args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  {
    name: 'eslint',
    args: [
      tool('eslint/bin/eslint.js'),
      '.',
      '--max-warnings',
      '0',
      '--cache',
      '--cache-location',
      '.cache/eslint/',
    ],
  },
  { name: 'types', args: [tool('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'types of the web UI', args: [tool('typescript/bin/tsc'), '--noEmit', '-p', 'web/tsconfig.json'] },
  {
    name: 'boundaries',
    args: [
      tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      ...sources.filter((folder) => existsSync(join(root, folder))),
    ],
  },
  { name: 'unused code', args: [tool('knip/bin/knip.js'), '--no-progress'] },
];

const unitTests = { name: 'unit tests', args: [join(root, 'scripts/jest.mjs'), 'unit', '--silent'] };

/** Runs one step with its output shown as it comes; answers whether it passed. */
export function runStep({ name, args }) {
  console.log(`\n── ${name}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

export async function runChecks(steps = checks) {
  const results = [];
  for (const step of steps) results.push({ name: step.name, isPassed: await runStep(step) });
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await runChecks([...checks, unitTests]);
  console.log('');
  for (const { name, isPassed } of results) console.log(`${isPassed ? '✓' : '✗'} ${name}`);
  process.exit(results.every(({ isPassed }) => isPassed) ? 0 : 1);
}
