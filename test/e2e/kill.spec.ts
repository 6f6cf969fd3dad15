// Power cuts in small: whatever dies at whatever moment, the replica ends up exactly at what was committed.
import { randomInt, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { parse } from 'yaml';
import { AuditTrail } from '../../src/audit/index.js';
import { createDataSource } from '../../src/platform/database/index.js';
import { activatePolicy, proposePolicy } from '../../src/replication/policy/index.js';
import { personContext } from '../integration/replication/policy-database.js';
import { TestApi, waitFor } from '../support/index.js';
import { startSystem, type RunningSystem } from '../support/running-system.js';

const KILLS = 40;
const PRODUCTS = 60;
const START_PRICE = 1_000;
const VICTIMS = ['connector', 'replica', 'server', 'postgres'] as const;
type Victim = (typeof VICTIMS)[number];

let system: RunningSystem;
let premises: TestApi;
let lastPostgres = 0;
const urls = { app: '', connector: '', apply: '' };

beforeAll(async () => {
  system = await startSystem({ demo: false });
  premises = new TestApi(system.primary.url, system.apiToken);
  urls.app = (await configOf('server')).database.url;
  urls.connector = (await configOf('connector')).database.url;
  urls.apply = (await configOf('replica')).database.applyUrl ?? '';
  await activate('version: 2\ntypes:\n  account:\n  product:\n');
}, 300_000);
afterAll(() => system.stop(), 120_000);

async function configOf(
  name: string,
): Promise<{ database: { url: string; applyUrl?: string; maintainerUrl?: string } }> {
  const text = await readFile(await configPath(name), 'utf8');
  return parse(text) as { database: { url: string; applyUrl?: string; maintainerUrl?: string } };
}

/** Two people put a policy into force, by the functions that the server uses. */
async function activate(yaml: string): Promise<void> {
  const { url, maintainerUrl } = (await configOf('server')).database;
  const open = (address: string) =>
    createDataSource({ url: address, entities: [], applicationName: 'kill test', poolSize: 2 }).initialize();
  const [app, maintainer] = await Promise.all([open(url), open(maintainerUrl ?? '')]);
  const audit = new AuditTrail(app, { keysFolder: await auditKeys() });
  await audit.onModuleInit();
  const version = await proposePolicy(
    app,
    audit,
    personContext(randomUUID()),
    yaml,
    'the kill test needs it',
  );
  await activatePolicy(maintainer, audit, personContext(randomUUID()), version);
  await Promise.all([app.destroy(), maintainer.destroy()]);
}

async function auditKeys(): Promise<string> {
  const found = (await readdir(system.home, { recursive: true })).find((path) => path.endsWith('audit.key'));
  return dirname(join(system.home, found ?? 'audit.key'));
}

async function configPath(name: string): Promise<string> {
  const found = (await readdir(system.home, { recursive: true })).find((path) =>
    new RegExp(`(^|/)${name}\\.(yaml|yml)$`).test(path),
  );
  return join(system.home, found ?? `${name}.yaml`);
}

/** Only processes of this installation: those that were started with its own config files, and its own database. */
async function pidOf(victim: Victim): Promise<number | null> {
  if (victim === 'postgres') {
    const file = (await readdir(system.home, { recursive: true }).catch(() => [])).find((path) =>
      path.endsWith('postmaster.pid'),
    );
    const lock =
      file === undefined ? null : await readFile(join(system.home, file), 'utf8').catch(() => null);
    const pid = Number(lock?.split('\n')[0] ?? 0);
    return pid > 0 && pid !== lastPostgres ? pid : null;
  }
  const config = await configPath(victim);
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.split('\0').includes(config)) return Number(pid);
  }
  return null;
}

async function kill(victim: Victim): Promise<boolean> {
  const pid = await pidOf(victim);
  if (pid === null) return false;
  process.kill(pid, 'SIGKILL');
  // its lock file stays behind until the next one starts
  if (victim === 'postgres') lastPostgres = pid;
  return true;
}

/** Runs one statement on a connection of its own, so that a database that died costs one attempt. */
async function ask(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    options: '-c timezone=UTC',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Transfers whose commits may be asynchronous, and accounts through the API; each failure is somebody's death. */
async function write(products: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const amount = randomInt(1, 9);
    const [from, to] = [products[randomInt(PRODUCTS)], products[randomInt(PRODUCTS)]];
    await ask(
      urls.app,
      `BEGIN; SET LOCAL synchronous_commit = ${randomInt(2) === 0 ? 'off' : 'on'};
       UPDATE crm.product SET price = price - ${String(amount)} WHERE id = '${from ?? ''}';
       UPDATE crm.product SET price = price + ${String(amount)} WHERE id = '${to ?? ''}';
       COMMIT`,
    ).catch(() => undefined);
    const account = { name: `account ${randomUUID()}`, kind: 'customer' };
    await premises.request('POST', '/accounts', account).catch(() => undefined);
    await sleep(randomInt(40));
  }
}

async function contents(): Promise<{ type: string; expected: string[]; actual: string[] }[]> {
  const catalog = (await ask(
    urls.connector,
    'SELECT type, table_name AS table, columns FROM replication.view_catalog ORDER BY position',
  )) as { type: string; table: string; columns: { name: string }[] }[];
  const result = [];
  for (const { type, table, columns } of catalog) {
    const quoted = table
      .split('.')
      .map((part) => `"${part}"`)
      .join('.');
    const list = columns.map(({ name }) => `"${name}"`).join(', ');
    const rows = (found: Record<string, unknown>[]) => found.map((entry) => String(entry['row'])).sort();
    const expected = rows(
      await ask(urls.connector, `SELECT row_to_json(v)::text AS row FROM cloud."${type}" v`),
    );
    const actual = rows(
      await ask(urls.apply, `SELECT row_to_json(r)::text AS row FROM (SELECT ${list} FROM ${quoted}) r`),
    );
    result.push({ type, expected, actual });
  }
  return result;
}

it(`ends exact after ${String(KILLS)} times kill -9 of connector, replica, server and PostgreSQL`, async () => {
  const products: string[] = [];
  for (let index = 0; index < PRODUCTS; index += 1) {
    const price = { amount: String(START_PRICE), currency: 'EUR' };
    const answer = await premises.request('POST', '/products', {
      name: `p${String(index)}`,
      price,
      active: true,
    });
    expect(answer.status).toBe(201);
    products.push(((await answer.json()) as { id: string }).id);
  }
  const stopping = new AbortController();
  const writers = [1, 2, 3].map(() => write(products, stopping.signal));
  const killed: Record<Victim, number> = { connector: 0, replica: 0, server: 0, postgres: 0 };
  for (let count = 0; count < KILLS;) {
    await sleep(randomInt(300, 2_500));
    const victim = VICTIMS[randomInt(VICTIMS.length)] ?? 'connector';
    if (!(await kill(victim))) continue;
    killed[victim] += 1;
    count += 1;
  }
  // a kind that could not be found would make this test weaker than its name
  expect(Math.min(...Object.values(killed))).toBeGreaterThan(2);
  stopping.abort();
  await Promise.all(writers);
  const final = await waitFor(
    async () => {
      const found = await contents();
      return found.every(({ expected, actual }) => expected.join('\n') === actual.join('\n')) ? found : null;
    },
    { timeoutMs: 120_000, intervalMs: 1_000, what: 'the replica to equal the policy views' },
  );
  const published = final.find(({ type }) => type === 'product')?.actual ?? [];
  const prices = published.map((row) => (JSON.parse(row) as { price: number }).price);
  expect(prices).toHaveLength(PRODUCTS);
  expect(prices.reduce((total, price) => total + price, 0)).toBe(PRODUCTS * START_PRICE);
  expect(final.find(({ type }) => type === 'account')?.actual.length).toBeGreaterThan(10);
  const [status] = await ask(
    urls.connector,
    'SELECT generation, last_error FROM replication.connector_status',
  );
  expect(status).toMatchObject({ generation: 2, last_error: null });
  process.stderr.write(
    `${JSON.stringify({ killed, accounts: final.find(({ type }) => type === 'account')?.actual.length })}\n`,
  );
}, 900_000);
