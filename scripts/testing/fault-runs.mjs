import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { defences } from '../../test/faults/defences/index.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = join(root, 'test/faults');

/** Faults that have a test and a defence. */
export const faultIds = Object.keys(defences).sort();

/** An assertion that does not hold, or a state that was awaited and never came: what a missing defence looks like. */
const honest = /\bexpect\(|^Error: waited \d+ ms for /;

/**
 * Runs the tests whose titles begin with these ids.
 * @param without the id whose defence is left out
 * @param isShown whether Jest's own output goes to the terminal
 */
export async function runFaults({ ids, without, isShown }) {
  const results = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  try {
    const file = join(results, 'report.json');
    const code = await runJest({ files: await filesOf(ids), ids, without, isShown, file });
    const report = await readFile(file, 'utf8').then(JSON.parse, () => null);
    return { code, ...judge(report) };
  } finally {
    await rm(results, { recursive: true });
  }
}

/** Only the files that have such a test: the others would be loaded for nothing. */
async function filesOf(ids) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.spec.ts'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return names.filter((_, index) => ids.some((id) => new RegExp(`['"\`]${id} `).test(texts[index])));
}

function runJest({ files, ids, without, isShown, file }) {
  const own = ['e2e', '--maxWorkers=2', '--json', `--outputFile=${file}`, '-t', `^(${ids.join('|')}) `];
  const env = { ...process.env, ...(without === undefined ? {} : { HOLDFAST_TEST_WITHOUT: without }) };
  // a run within a run of Jest has a PostgreSQL of its own
  delete env.HOLDFAST_TEST_POSTGRES_URL;
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [join(root, 'scripts/jest.mjs'), ...own, ...files.map((name) => `test/faults/${name}`)],
      {
        cwd: root,
        env,
        // with --json Jest prints its report on stdout, which the file holds already
        stdio: ['ignore', 'ignore', isShown ? 'inherit' : 'ignore'],
      },
    );
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * What a run without a defence says. `proven` takes more than a red run: each test must have failed, and because what it
 * states does not hold. An edited file that does not compile proves nothing.
 */
export function judge(report) {
  const suites = report?.testResults ?? [];
  const tests = suites
    .flatMap((suite) => suite.assertionResults)
    .filter(({ status }) => status !== 'pending');
  const passed = tests
    .filter(({ status }) => status === 'passed')
    .map(({ fullName }) => `passed: ${fullName}`);
  const unclear = [
    ...suites
      .filter((suite) => suite.assertionResults.length === 0)
      .map((suite) => `does not load: ${stripVTControlCharacters(suite.message).slice(0, 400)}`),
    ...tests
      .filter((test) => test.status === 'failed' && !isHonest(test))
      .map(
        ({ fullName, failureMessages }) =>
          `${fullName}: failed for another reason: ${first(failureMessages)}`,
      ),
  ];
  if (tests.length === 0) unclear.push('no test ran');
  const verdict = unclear.length > 0 ? 'unclear' : passed.length > 0 ? 'passed' : 'proven';
  const sentences = [...unclear, ...passed];
  if (verdict === 'proven') sentences.push(`each of ${tests.length} tests failed without its defence`);
  return { verdict, sentences, count: tests.length };
}

const first = ([message = '']) => stripVTControlCharacters(message).slice(0, 400);
const isHonest = ({ failureMessages }) => honest.test(first(failureMessages));
