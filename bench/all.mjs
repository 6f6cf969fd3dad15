// Everything, within a quarter of an hour on an idle machine, and the tables for docs/performance.md.
// npm run bench:all -- [--quick] [--out file.md]
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { run as measureHydrate } from './hydrate.mjs';
import { build, onOwnNode, runBench } from './run.mjs';
import { prepareSnapshot, run as measureSnapshot } from './snapshot.mjs';
import { withLab } from './support/lab.mjs';
import { describeMachine, machineLine } from './support/machine.mjs';
import { root } from './support/paths.mjs';
import { markdown } from './support/report.mjs';

/** What fits into the time; each benchmark alone measures longer. */
const whole = {
  api: { seconds: 5, rounds: 4 },
  capture: { seconds: 3, rounds: 3 },
  snapshot: { rows: 1_000_000, rounds: 2, wholeRounds: 1 },
  hydrate: { rows: 1_000_000, rounds: 1 },
  lag: { seconds: 12 },
  attachments: { files: 8, megabytes: 32, rounds: 2 },
  verify: { megabytes: 512, rounds: 2 },
};
const quick = {
  api: { rows: 10_000, seconds: 1, rounds: 2 },
  capture: { rows: 20_000, seconds: 1, rounds: 2 },
  snapshot: { rows: 20_000, rounds: 1, wholeRounds: 1 },
  hydrate: { rows: 20_000, rounds: 1 },
  lag: { rows: 5_000, seconds: 3 },
  attachments: { files: 2, megabytes: 8, rounds: 1 },
  verify: { megabytes: 32, batches: 20, rounds: 1 },
};

/** Snapshot and hydrate share a million rows: what the one publishes the other applies. */
async function snapshotAndHydrate(sizes) {
  const machine = describeMachine();
  return withLab(async (lab) => {
    await prepareSnapshot(lab, sizes.snapshot);
    const snapshot = await measureSnapshot(lab, sizes.snapshot);
    const hydrate = await measureHydrate(lab, sizes.hydrate);
    return [
      { title: 'First snapshot', machine, ...snapshot },
      { title: 'Replica hydrate', machine, ...hydrate },
    ];
  });
}

async function main() {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, out: { type: 'string' } } });
  const sizes = values.quick ? quick : whole;
  build();
  const startedAt = performance.now();
  const reports = [];
  const steps = [
    async () => [await runBench('api', sizes.api)],
    async () => [await runBench('capture', sizes.capture)],
    () => snapshotAndHydrate(sizes),
    async () => [await runBench('lag', sizes.lag)],
    async () => [await runBench('attachments', sizes.attachments)],
    async () => [await runBench('verify', sizes.verify)],
  ];
  for (const step of steps) {
    try {
      const made = await step();
      for (const report of made) console.log(markdown(report));
      reports.push(...made);
    } catch (error) {
      // The others are worth having all the same; what is missing in the table is missing for a reason.
      console.error(error);
      process.exitCode = 1;
    }
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const machine = describeMachine();
  const out = values.out ?? join('/tmp', `holdfast-bench-${machine.date.slice(0, 10)}.md`);
  const text = [
    `## Benchmarks, ${machine.date.slice(0, 10)}`,
    '',
    `${machineLine(machine)}. All of it took ${minutes} minutes.`,
    '',
    ...reports.map(markdown),
  ];
  await writeFile(out, `${text.join('\n').trimEnd()}\n`);
  await writeFile(out.replace(/(\.md)?$/, '.json'), `${JSON.stringify(reports, null, 2)}\n`);
  spawnSync(join(root, 'node_modules/.bin/prettier'), ['--write', out], { stdio: 'ignore', cwd: root });
  console.log(`${minutes} minutes; ${out}`);
}

if (onOwnNode()) await main();
