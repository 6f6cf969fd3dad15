// `npm run test:postgres -- 16 17 [-- words for Jest]`: the integration tests against another PostgreSQL than the
// embedded one.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPostgres } from './testing/other-postgres.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const versions = words.filter((word) => /^\d+$/.test(word));
const forJest = words.filter((word) => !/^\d+$/.test(word));
if (versions.length === 0) {
  console.error('Name the versions: npm run test:postgres -- 15 16 17');
  process.exit(2);
}
for (const major of versions) {
  console.log(`\n── integration tests on PostgreSQL ${major}`);
  const env = { ...process.env, HOLDFAST_TEST_POSTGRES_BINARIES: installPostgres(major) };
  const script = join(root, 'scripts/jest.mjs');
  const { status } = spawnSync(process.execPath, [script, 'integration', ...forJest], {
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exit(status ?? 1);
}
