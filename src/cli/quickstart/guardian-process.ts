// Outlives the process that started it just long enough to stop PostgreSQL. See guardian.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { DataFolderInUse, stopLeftover } from '../../platform/embedded/index.js';
import type { GuardianOrders } from './guardian.js';
import { isRunning } from './process-table.js';

/** as long as a process of the product may take to drain, and a little more */
const patienceMs = 35_000;

const [, , dataFolder] = process.argv;
let pids: readonly number[] = [];

process.on('message', (message) => {
  pids = (message as GuardianOrders).pids;
});
process.once('disconnect', () => {
  clearUp().then(
    () => process.exit(0),
    // a new start has taken the folder over, and clears up by itself
    (error: unknown) => process.exit(error instanceof DataFolderInUse ? 0 : 1),
  );
});

async function clearUp(): Promise<void> {
  if (dataFolder === undefined) return;
  const end = Date.now() + patienceMs;
  for (const pid of pids) while (Date.now() < end && (await isRunning(pid))) await sleep(100);
  await stopLeftover(dataFolder);
}
