// The queue holds nothing that PostgreSQL does not know: Redis is killed and comes back empty, or is flushed, while
// imports run, generations are purged and files go to the bucket. HOLDFAST_TEST_SEED repeats a run.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { purgeGenerations, uploadAttachment } from '../../src/replication/jobs/index.js';
import { manifestPrefix, partPrefix } from '../../src/replication/format/index.js';
import { freePort, startRedis, TestApi, waitFor, type TestRedis } from '../support/index.js';
import { startSystem, type RunningSystem } from '../support/running-system.js';
import { asSuperuser, databaseOf, putIntoForce } from './installation.js';
import { ask, below, randomOf } from './kill-writers.js';
import { openJobs, readAll } from './redis-scan.js';

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31));
const losses = Number(process.env['HOLDFAST_TEST_KILLS'] ?? 9);
const rowsPerImport = 6_000;
const fileBytes = 150_000;
/** stands in each record, file name and file of this test */
const canary = 'Zwitscherlein';

let system: RunningSystem;
let isStarted = false;
let redis: TestRedis;
let premises: TestApi;
let replica: TestApi;
let databaseUrl: string;
let policyVersion = 1;
const watching = new AbortController();
const sent = new Map<string, string>();

beforeAll(async () => {
  redis = await startRedis({ port: await freePort() });
  // so slow, files are on their way all the time
  const env = { REDIS_URL: redis.url, HOLDFAST_CONNECTOR_ATTACHMENTS_BYTES_PER_SECOND: '120000' };
  system = await startSystem({ demo: false, env });
  isStarted = true;
  premises = new TestApi(system.primary.url, system.apiToken);
  replica = new TestApi(system.replica.url, system.replica.apiToken);
  databaseUrl = await asSuperuser(system.home, (await databaseOf(system.home, 'server')).url);
}, 300_000);
afterAll(async () => {
  watching.abort();
  if (isStarted) await system.stop();
  await redis.stop();
}, 120_000);

/** Another policy each time, so that each makes a generation and leaves one to purge. */
async function nextPolicy(): Promise<void> {
  policyVersion += 1;
  const where = `{ field: name, op: neq, value: nobody ${String(policyVersion)} }`;
  await putIntoForce(
    system.home,
    `version: ${String(policyVersion)}\ntypes:\n  account:\n    where: ${where}\n    attachments: {}\n`,
  );
}

async function json<T>(answer: Response, status: number): Promise<T> {
  const body: unknown = await answer.json();
  expect([answer.status, body]).toEqual([status, expect.anything()]);
  return body as T;
}

/** @returns the import's id; accepted whether or not there is a queue */
async function beginImport(name: string): Promise<string> {
  const mapping =
    'type: account\nkey: externalId\nfields:\n  externalId: { from: key }\n  name: { from: name }\n';
  const answer = await premises.request('POST', '/imports', { mapping, fileName: `${canary}.csv` });
  const { id } = await json<{ id: string }>(answer, 201);
  const lines = Array.from({ length: rowsPerImport }, (_, row) => `${name}-${String(row)},${canary} ${name}`);
  const file = await fetch(`${system.primary.url}/api/v1/imports/${id}/file`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${system.apiToken}`, 'content-type': 'text/csv' },
    body: `key,name\n${lines.join('\n')}\n`,
  });
  await json(file, 202);
  return id;
}

async function attach(account: string): Promise<void> {
  const content = Buffer.concat([Buffer.from(canary), randomBytes(fileBytes)]);
  const url = `${system.primary.url}/api/v1/accounts/${account}/attachments?name=${canary}.bin`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.apiToken}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
  });
  sent.set((await json<{ id: string }>(answer, 201)).id, digest(content));
}

const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** What ever stood in Redis, read again and again. */
async function watchRedis(signal: AbortSignal): Promise<Set<string>> {
  const seen = new Set<string>();
  while (!signal.aborted) {
    for (const text of await readAll(redis.url).catch(() => [])) seen.add(text);
    await sleep(20);
  }
  return seen;
}

/** @param meanwhile what people do before there is a queue again */
async function loseRedis(meanwhile: () => Promise<unknown>): Promise<void> {
  const { port } = redis;
  await redis.kill();
  await meanwhile();
  // in a folder of its own, so empty
  redis = await startRedis({ port });
}

async function flushRedis(): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
}

async function importEnded(id: string): Promise<Record<string, unknown>> {
  const read = async () => {
    const status = await premises.get(`/imports/${id}`);
    return ['done', 'failed', 'cancelled'].includes(String(status['state'])) ? status : null;
  };
  return waitFor(read, { timeoutMs: 180_000, intervalMs: 500, what: `import ${id} to end` });
}

/** @returns what stands in the bucket of generations that are not the live one */
async function remains(): Promise<string[]> {
  const generations = await ask(databaseUrl, 'SELECT id, state FROM replication.generation ORDER BY id');
  const live = Number(generations.at(-1)?.['id']);
  if (generations.at(-1)?.['state'] !== 'live') return ['a generation that is being built'];
  const folder = system.bucket.startsWith('file:') ? fileURLToPath(system.bucket) : system.bucket;
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const keys = files
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length).replace(/^\//, ''));
  const of = [manifestPrefix(), partPrefix()];
  const kept = [manifestPrefix(live), partPrefix(live)];
  const all = keys.filter((key) => of.some((prefix) => key.includes(prefix)));
  if (!all.some((key) => key.includes(manifestPrefix(live)))) return ['no manifest'];
  return all.filter((key) => !kept.some((prefix) => key.includes(prefix)));
}

it(`ends exact after ${String(losses)} losses of Redis amid imports, purges and uploads`, async () => {
  process.stderr.write(`HOLDFAST_TEST_SEED=${String(seed)}\n`);
  const random = randomOf(seed);
  const made = await premises.request('POST', '/accounts', { name: canary });
  const account = (await json<{ id: string }>(made, 201)).id;
  const watched = watchRedis(watching.signal);
  for (let index = 0; index < 6; index += 1) await attach(account);
  await nextPolicy();
  const imports = [await beginImport('first')];
  for (let loss = 0; loss < losses; loss += 1) {
    await sleep(300 + below(random, 2_500));
    // each kind comes at a moment of chance, and none can be left out by chance
    if (loss % 3 === 2) await flushRedis();
    else await loseRedis(() => attach(account));
    if (loss % 3 === 0) await nextPolicy();
    if (loss === 1) await loseRedis(async () => imports.push(await beginImport('second')));
  }

  for (const id of imports)
    expect(await importEnded(id)).toMatchObject({
      state: 'done',
      counts: { created: rowsPerImport, updated: 0, failed: 0 },
    });
  const [rows] = await ask(
    databaseUrl,
    `SELECT count(*)::int AS rows, count(DISTINCT external_id)::int AS keys FROM crm.account WHERE external_id IS NOT NULL`,
  );
  expect(rows).toEqual({ rows: 2 * rowsPerImport, keys: 2 * rowsPerImport });
  for (const [file, content] of sent)
    await waitFor(
      async () => {
        const answer = await replica.request('GET', `/attachments/${file}/content`);
        return answer.ok && digest(new Uint8Array(await answer.arrayBuffer())) === content;
      },
      { timeoutMs: 120_000, intervalMs: 500, what: `file ${file} to open on the replica` },
    );
  await waitFor(async () => (await remains()).length === 0, {
    timeoutMs: 120_000,
    intervalMs: 1_000,
    what: 'older generations to leave the bucket',
  });
  await waitFor(async () => (await openJobs(redis.url)).length === 0, {
    timeoutMs: 90_000,
    what: 'every job to end',
  });
  watching.abort();
  const seen = [...(await watched)];
  // a watcher that saw no job proves nothing
  expect(seen.some((text) => imports.some((id) => text.includes(id)))).toBe(true);
  for (const job of [purgeGenerations, uploadAttachment])
    expect([job.name, seen.some((text) => text.includes(`:${job.name}:`))]).toEqual([job.name, true]);
  const personal = [canary, ...system.users.map(({ email }) => email)];
  expect(seen.filter((text) => personal.some((word) => text.includes(word)))).toEqual([]);
}, 600_000);
