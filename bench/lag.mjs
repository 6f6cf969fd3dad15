// From a commit on premises until a reader of the replica's database can see it, beside PostgreSQL's own logical
// replication of the same writes on the same machine.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { contactPolicy, fillContacts } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { cpuMs, memoryMb } from './support/process-facts.mjs';
import { percentile } from './support/statistics.mjs';

export const bench = {
  name: 'lag',
  title: 'Lag from commit to replica',
  summary: 'p50, p99 and max at several rates, beside logical replication',
  options: { rows: 20_000, seconds: 15, rates: '50,200,500' },
  run: (options) => withLab((lab) => run(lab, options), { wal_level: 'logical' }),
};

const lookEveryMs = 10;

async function run(lab, { rows, seconds, rates }) {
  const [primary, replica] = [lab.pool('primary', null, 12), lab.pool('replica')];
  await fillContacts(primary, rows);
  await lab.activatePolicy(contactPolicy);
  const pollMs = await pollIntervals(lab);
  const processes = { connector: await lab.start('connector'), replica: await lab.start('replica') };
  await lab.until('the replica to hold the first snapshot', async () => (await countOf(replica)) === rows);
  await subscribe(lab, primary, replica);
  const ways = {
    Holdfast: { table: 'crm.contact', primary, replica },
    peer: { table: 'bench.contact', primary, replica },
  };
  const results = [];
  for (const rate of String(rates).split(',').map(Number)) {
    const measured = {};
    for (const [name, way] of Object.entries(ways)) {
      const before = cpuOf(processes);
      await measure(way, rate, 2); // the first batches after a pause are not what a running system shows
      measured[name] = await measure(way, rate, seconds);
      if (name === 'Holdfast') measured[name].cpu = share(before, cpuOf(processes), seconds + 2);
    }
    results.push(resultOf(rate, measured));
  }
  await unsubscribe(primary, replica);
  const settings =
    `${rows.toLocaleString('en-US')} contacts, ${seconds} s per rate, one row per transaction; connector looks every ${pollMs.connector} ms, ` +
    `replica every ${pollMs.replica} ms, folder as bucket; the reader looks every ${lookEveryMs} ms`;
  const memory = Object.entries(processes).map(([name, { pid }]) => `${name} ${memoryMb(pid).peak} MB`);
  return {
    results,
    settings,
    notes: [
      `Most memory: ${memory.join(', ')}.`,
      'Peer: PostgreSQL logical replication (pgoutput) of a table with the same columns and indexes, in the same cluster.',
    ],
  };
}

async function pollIntervals(lab) {
  const found = {};
  await lab.configure('connector', (config) => (found.connector = config.connector.pollMs));
  await lab.configure('replica', (config) => (found.replica = config.replica.pollMs));
  return found;
}

const countOf = async (pool) =>
  (await pool.query('SELECT count(*)::int AS count FROM crm.contact')).rows[0].count;
const cpuOf = (processes) => Object.values(processes).reduce((sum, { pid }) => sum + cpuMs(pid), 0);
const share = (before, after, seconds) => (100 * (after - before)) / (seconds * 1000);

async function subscribe(lab, primary, replica) {
  for (const pool of [primary, replica]) {
    await pool.query('CREATE SCHEMA bench');
    await pool.query('CREATE TABLE bench.contact (LIKE crm.contact INCLUDING ALL)');
  }
  await primary.query('INSERT INTO bench.contact SELECT * FROM crm.contact');
  await replica.query(`INSERT INTO bench.contact SELECT * FROM crm.contact`);
  await primary.query('CREATE PUBLICATION bench FOR TABLE bench.contact');
  // in one cluster CREATE SUBSCRIPTION would wait for itself if it made the slot
  await primary.query(`SELECT pg_create_logical_replication_slot('bench', 'pgoutput')`);
  const url = new URL(lab.url(null));
  const connection = `host=127.0.0.1 port=${url.port} dbname=${url.pathname.slice(1)} user=${url.username} password=${url.password}`;
  await replica.query(
    `CREATE SUBSCRIPTION bench CONNECTION '${connection}' PUBLICATION bench WITH (create_slot = false, slot_name = 'bench', copy_data = false)`,
  );
}

async function unsubscribe(primary, replica) {
  await replica.query('ALTER SUBSCRIPTION bench DISABLE');
  await replica.query('ALTER SUBSCRIPTION bench SET (slot_name = NONE)');
  await replica.query('DROP SUBSCRIPTION bench');
  await primary.query(
    `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'bench' AND active`,
  );
  await sleep(500);
  await primary.query(`SELECT pg_drop_replication_slot('bench')`);
}

/** Writes `rate` rows a second, each marked, and notes when each mark shows on the other side. */
async function measure({ table, primary, replica }, rate, seconds) {
  const run = Math.random().toString(36).slice(2, 10);
  const text = `SELECT id FROM ${table} ORDER BY md5(id::text || $1) LIMIT $2`;
  const { rows } = await primary.query(text, [run, rate * seconds]);
  const marks = { sent: new Map(), committed: new Map(), seen: new Map(), isWriting: true };
  const watching = watch({ table, replica, run }, marks);
  const ids = rows.map(({ id }) => id);
  const reached = await write({ table, primary, run }, ids, rate, marks);
  marks.isWriting = false;
  await watching;
  const lags = [...marks.committed].map(([mark, at]) => marks.seen.get(mark) - at);
  return { p50: percentile(lags, 0.5), p99: percentile(lags, 0.99), max: Math.max(...lags), reached };
}

/** @returns how many a second there really were */
async function write({ table, primary, run }, ids, rate, { sent, committed }) {
  const text = `UPDATE ${table} SET job_title = $1, updated_at = clock_timestamp(), version = version + 1 WHERE id = $2`;
  const startedAt = performance.now();
  const open = new Set();
  for (const [index, id] of ids.entries()) {
    const wait = startedAt + (index * 1000) / rate - performance.now();
    if (wait > 1) await sleep(wait);
    const mark = `${run} ${index}`;
    sent.set(mark, Date.now());
    const one = primary
      .query({ name: `mark ${table}`, text, values: [mark, id] })
      // when the client hears of it: the commit itself was a little earlier
      .then(() => committed.set(mark, performance.now()))
      .finally(() => open.delete(one));
    open.add(one);
  }
  await Promise.all(open);
  return (ids.length * 1000) / (performance.now() - startedAt);
}

/** Takes each mark out of `sent` when it shows; what is left there says how far back to look. */
async function watch({ table, replica, run }, marks) {
  const { sent, committed, seen } = marks;
  const text = `SELECT job_title AS mark FROM ${table} WHERE updated_at >= $1 AND job_title LIKE $2`;
  const patience = performance.now() + 300_000;
  while (marks.isWriting || sent.size > 0) {
    const [oldest = Date.now()] = sent.values();
    const values = [new Date(oldest - 100), `${run} %`];
    const { rows } = await replica.query({ name: `watch ${table}`, text, values });
    const at = performance.now();
    for (const { mark } of rows) {
      if (!seen.has(mark)) seen.set(mark, at);
      sent.delete(mark);
    }
    if (at > patience) throw new Error(`only ${seen.size} of ${committed.size} writes arrived`);
    await sleep(lookEveryMs);
  }
}

function resultOf(rate, { Holdfast, peer }) {
  const details = ({ p50, p99, max, cpu, reached }) => ({
    'transactions/s': reached,
    'p50 ms': p50,
    'p99 ms': p99,
    'max ms': max,
    'connector + replica CPU %': cpu,
  });
  return {
    what: `${rate} transactions/s, p99`,
    unit: 'ms',
    ours: Holdfast.p99,
    peer: peer.p99,
    aim: 1000,
    isUpperBound: true,
    details: { Holdfast: details(Holdfast), peer: details(peer) },
  };
}
