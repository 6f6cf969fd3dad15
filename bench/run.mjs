// npm run bench -- <name> [--rows 10000] [--rounds 3] [--json file] …; without a name it says what there is.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './support/machine.mjs';
import { root } from './support/paths.mjs';
import { markdown } from './support/report.mjs';

const names = [
  'api',
  'capture',
  'snapshot',
  'hydrate',
  'lag',
  'attachments',
  'verify',
  'catch-up',
  'preview',
];

/** Runs one benchmark with its defaults changed by `given`. @returns the report */
export async function runBench(name, given = {}) {
  const { bench } = await import(`./${name}.mjs`);
  const unknown = Object.keys(given).filter((key) => !(key in bench.options));
  if (unknown.length > 0)
    throw new TypeError(
      `${name} knows no --${unknown[0]}; it knows ${Object.keys(bench.options).join(', ')}`,
    );
  const options = { ...bench.options, ...given };
  const machine = describeMachine();
  const outcome = await bench.run(options);
  return { bench: name, title: bench.title, machine, options, ...outcome };
}

export function build() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the product does not build');
}

/** The product runs on the Node that npm installs; so do its benchmarks. */
export function onOwnNode() {
  const own = join(root, 'node_modules/.bin/node');
  if (!existsSync(own) || process.version.startsWith('v24.')) return true;
  const { status } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return false;
}

async function listNames() {
  for (const name of names) {
    const { bench } = await import(`./${name}.mjs`);
    console.log(`${name.padEnd(12)} ${bench.summary}`);
    console.log(
      `${''.padEnd(12)} ${Object.entries(bench.options)
        .map(([key, value]) => `--${key} ${value}`)
        .join(' ')}`,
    );
  }
}

/** `--rows 10000` and `--rows=10000`; numbers become numbers. */
function readArguments(args) {
  const { values, positionals, tokens } = parseArgs({
    args,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = {};
  const names = [...positionals];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const value = token.value ?? names.splice(names.indexOf(args[token.index + 1]), 1)[0];
    given[token.name] = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  }
  void values;
  return { names, given };
}

async function main() {
  const { names: wanted, given } = readArguments(process.argv.slice(2));
  if (wanted.length === 0) return listNames();
  const { json, ...options } = given;
  build();
  for (const name of wanted) {
    const report = await runBench(name, options);
    console.log(markdown(report));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

if (process.argv[1] === import.meta.filename && onOwnNode()) await main();
