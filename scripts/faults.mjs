// The fault suite.
//
//   npm run faults [-- F07 F12]           every fault test, or those of some faults
//   npm run faults -- --without F07       without the product's defence against F07: must fail, and ends with 1 then
//   npm run faults -- --prove-all [F07]   without each defence, one by one: ends with 0 where each test failed
import { availableParallelism } from 'node:os';
import { faultIds, runFaults } from './testing/fault-runs.mjs';
import { defences } from '../test/faults/defences/index.mjs';

const words = process.argv.slice(2);
const ids = words.filter((word) => /^F\d\d$/.test(word));
const unknown = words.find((word) => !ids.includes(word) && !['--without', '--prove-all'].includes(word));
const stranger = ids.find((id) => !faultIds.includes(id));

if (unknown !== undefined || stranger !== undefined) {
  console.error(`${unknown ?? stranger}: expected F01 … F27, --without <id> or --prove-all`);
  process.exitCode = 2;
} else if (words.includes('--prove-all')) {
  process.exitCode = await proveAll(ids.length > 0 ? ids : faultIds);
} else if (words.includes('--without')) {
  process.exitCode = await runWithout(ids);
} else {
  process.exitCode = (await runFaults({ ids: ids.length > 0 ? ids : faultIds, isShown: true })).code;
}

/** @returns 1 where each test failed as it must, 0 where one passed, 3 where one failed for another reason */
async function runWithout([id, more]) {
  if (id === undefined || more !== undefined) {
    console.error('--without takes one id');
    return 2;
  }
  const { verdict, sentences } = await runFaults({ ids: [id], without: id, isShown: true });
  for (const sentence of sentences) console.log(sentence);
  return { proven: 1, passed: 0, unclear: 3 }[verdict];
}

async function proveAll(wanted) {
  const queue = [...wanted];
  const failures = [];
  let tests = 0;
  const work = async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const { verdict, sentences, count } = await runFaults({ ids: [id], without: id, isShown: false });
      tests += count;
      console.log(`${verdict === 'proven' ? '✓' : '✗'} ${id} without: ${defences[id].what}`);
      if (verdict === 'proven') continue;
      failures.push(id);
      for (const sentence of sentences) console.log(`    ${sentence}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  console.log(
    failures.length === 0
      ? `${wanted.length} defences: each test failed without its defence (${tests} tests)`
      : `not proven: ${failures.sort().join(', ')}`,
  );
  return failures.length === 0 ? 0 : 1;
}
