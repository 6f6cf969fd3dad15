// Power cuts in small: whatever dies at whatever moment, the replica ends up exactly at what was committed, and nothing
// that was acknowledged is gone. HOLDFAST_TEST_SEED repeats a run; HOLDFAST_TEST_KILLS makes it longer.
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestApi, waitFor } from '../support/index.js';
import { startSystem, type RunningSystem, type SystemFacts } from '../support/running-system.js';
import { asSuperuser, databaseOf, putIntoForce } from './installation.js';
import { ask, below, Colleague, moveMoney, randomOf } from './kill-writers.js';

const kills = Number(process.env['HOLDFAST_TEST_KILLS'] ?? 40);
const KILLS_UNTIL_PEACE = 5;
const WRITES_IN_PEACE = 2;
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31));
const productCount = 60;
const startPrice = 1_000;
const victims = ['connector', 'replica', 'server', 'postgres'] as const;
type Victim = (typeof victims)[number];

// accounts without the medical ones, and the deals that follow them
const policy = `version: 2
types:
  account:
    where: { field: sector, op: neq, value: medical }
  deal:
    follows: account
  product:
`;

let system: RunningSystem;
let isStarted = false;
let premises: TestApi;
/** as the superuser, who sees all rows of both databases */
const urls = { primary: '', replica: '', app: '' };

beforeAll(async () => {
  system = await startSystem({ demo: false });
  isStarted = true;
  premises = new TestApi(system.primary.url, system.apiToken);
  const server = await databaseOf(system.home, 'server');
  urls.app = server.url;
  urls.primary = await asSuperuser(system.home, server.url);
  urls.replica = await asSuperuser(system.home, (await databaseOf(system.home, 'replica')).url);
  await putIntoForce(system.home, policy);
}, 300_000);
afterAll(async () => {
  if (isStarted) await system.stop();
}, 120_000);

/** @returns whether there was a living process to kill */
async function kill(victim: Victim, killed: Set<number>): Promise<boolean> {
  const facts = JSON.parse(await readFile(join(system.home, 'quickstart.json'), 'utf8')) as SystemFacts;
  const pid = facts.processes.find(({ name }) => name === victim)?.pid ?? 0;
  if (pid === 0 || killed.has(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(system.home)) return false;
  process.kill(pid, 'SIGKILL');
  killed.add(pid);
  return true;
}

/** Looks again and again at where the publishing stands; what it says must only rise. */
async function watchPosition(signal: AbortSignal): Promise<string[]> {
  const falls: string[] = [];
  const last = { published: [0, 0], applied: [0, 0] };
  const replica = new TestApi(system.replica.url, system.replica.apiToken);
  while (!signal.aborted) {
    for (const [name, api] of [
      ['published', premises],
      ['applied', replica],
    ] as const) {
      const status = await api
        .get<{ generation: number | null; n: number | null; lastError: { code: string } | null }>(
          '/cloud/status',
        )
        .catch(() => null);
      if (status?.generation == null || status.n === null) continue;
      const [generation = 0, n = 0] = last[name];
      if (status.generation < generation || (status.generation === generation && status.n < n))
        falls.push(`${name} fell from ${generation}.${n} to ${status.generation}.${status.n}`);
      if ((status.lastError?.code ?? '').includes('fork')) falls.push(`${name}: ${status.lastError?.code}`);
      last[name] = [status.generation, status.n];
    }
    await sleep(200);
  }
  return falls;
}

/** Every row of every type that travels, as the policy's views show it and as it stands in the replica. */
async function contents(): Promise<{ type: string; expected: string[]; actual: string[] }[]> {
  const catalog = (await ask(
    urls.primary,
    'SELECT type, table_name AS table, columns FROM replication.view_catalog ORDER BY position',
  )) as { type: string; table: string; columns: { name: string }[] }[];
  const rowsOf = async (url: string, from: string) =>
    (await ask(url, `SELECT row_to_json(r)::text AS row FROM ${from} r`))
      .map(({ row }) => String(row))
      .sort();
  const result = [];
  for (const { type, table, columns } of catalog) {
    const list = columns.map(({ name }) => `"${name}"`).join(', ');
    const stored = `(SELECT ${list} FROM ${table.replace(/[^.]+/g, '"$&"')})`;
    result.push({
      type,
      expected: await rowsOf(urls.primary, `cloud."${type}"`),
      actual: await rowsOf(urls.replica, stored),
    });
  }
  return result;
}

async function createProducts(): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < productCount; index += 1) {
    const price = { amount: String(startPrice), currency: 'EUR' };
    const answer = await premises.request('POST', '/products', { name: `p${index}`, price, active: true });
    expect(answer.status).toBe(201);
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}

async function peace(people: readonly Colleague[]): Promise<void> {
  const before = people.map(({ acknowledged }) => acknowledged);
  const haveAllWritten = () =>
    people.every(({ acknowledged }, index) => acknowledged - (before[index] ?? 0) > WRITES_IN_PEACE);
  await waitFor(() => Promise.resolve(haveAllWritten()), {
    timeoutMs: 60_000,
    what: 'everybody to write something again',
  });
}

/**
 * A slow machine may need longer to start a server than it takes until the next one dies: now and then there is peace
 * until everybody has got some work done, or nobody would write anything while processes die.
 */
async function killAround(people: readonly Colleague[]): Promise<Record<Victim, number>> {
  const random = randomOf(seed);
  const count: Record<Victim, number> = { connector: 0, replica: 0, server: 0, postgres: 0 };
  const killed = new Set<number>();
  const sum = () => victims.reduce((total, victim) => total + count[victim], 0);
  while (sum() < kills) {
    await sleep(200 + below(random, 2_500));
    const victim = victims[below(random, victims.length)] ?? 'connector';
    if (await kill(victim, killed)) count[victim] += 1;
    if (sum() % KILLS_UNTIL_PEACE === 0) await peace(people);
  }
  return count;
}

it(`ends exact after ${kills} times kill -9 of connector, replica, server and PostgreSQL`, async () => {
  process.stderr.write(`HOLDFAST_TEST_SEED=${seed}\n`);
  const products = await createProducts();
  const accounts = new Colleague(premises, 'accounts', randomOf(seed + 1), (random) => ({
    sector: ['medical', 'retail', null][below(random, 3)],
  }));
  await accounts.begin(12);
  const sellers = [2, 3].map(
    (number) =>
      new Colleague(premises, 'deals', randomOf(seed + number), (random) => ({
        accountId: accounts.ids[below(random, accounts.ids.length)],
        amount: { amount: `${100 + below(random, 900)}.00`, currency: 'EUR' },
      })),
  );
  for (const seller of sellers) await seller.begin(15);
  const people = [accounts, ...sellers];

  const stopping = new AbortController();
  const watching = new AbortController();
  const falls = watchPosition(watching.signal);
  const work = [
    ...people.map((person) => person.work(stopping.signal, 80)),
    ...[4, 5].map((number) => moveMoney(urls.app, products, randomOf(seed + number), stopping.signal)),
  ];
  const count = await killAround(people);
  stopping.abort();
  await Promise.all(work);
  for (const person of people) await waitFor(() => person.check().then(() => true), { timeoutMs: 60_000 });

  const final = await waitFor(
    async () => {
      const found = await contents();
      return found.every(({ expected, actual }) => expected.join('\n') === actual.join('\n')) ? found : null;
    },
    { timeoutMs: 180_000, intervalMs: 1_000, what: 'the replica to equal the policy views' },
  );
  watching.abort();
  expect(await falls).toEqual([]);
  const published = new Map(final.map(({ type, actual }) => [type, actual]));
  const prices = (published.get('product') ?? []).map((row) => (JSON.parse(row) as { price: number }).price);
  expect(prices).toHaveLength(productCount);
  expect(prices.reduce((total, price) => total + price, 0)).toBe(productCount * startPrice);
  for (const person of people) expect(person.lost).toEqual([]);
  const done = people.map(({ acknowledged, failed, refused }) => ({ acknowledged, failed, refused }));
  process.stderr.write(
    `${JSON.stringify({ count, done, rows: final.map(({ actual }) => actual.length) })}\n`,
  );
  // a test that kills nobody proves nothing
  for (const victim of victims) expect([victim, count[victim] > kills / 20]).toEqual([victim, true]);
  for (const { acknowledged } of done) expect(acknowledged).toBeGreaterThan(20);
  const status = await waitFor(
    async () => {
      const found = await premises.get<{ lastError: unknown; backlog: number }>('/cloud/status');
      return found.lastError === null && found.backlog === 0 ? found : null;
    },
    { timeoutMs: 30_000, what: 'a status without error and backlog' },
  );
  expect(status).toMatchObject({ connector: expect.stringMatching(/\w/) });
  // no kill makes a new history necessary: generations come of policies, and of batches that have become many
  const reasons = (await ask(urls.primary, 'SELECT reason FROM replication.generation ORDER BY id')).map(
    ({ reason }) => reason,
  );
  expect(reasons.filter((reason) => reason !== 'compaction')).toEqual([
    'the first policy',
    'the policy changed',
  ]);
}, 900_000);
