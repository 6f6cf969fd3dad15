// List, get and create against a handler written by hand for just these three, on the same database.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { contactPolicy, fillContacts } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { root } from './support/paths.mjs';
import { cpuMs, cpuMsOfFamily, memoryMb, profileArgs } from './support/process-facts.mjs';
import { inTurns, median, medians } from './support/statistics.mjs';

export const bench = {
  name: 'api',
  title: 'API: list, get, create',
  summary: 'requests/s, latency and CPU per request against a hand-written Fastify + pg handler',
  options: { rows: 100_000, seconds: 5, rounds: 5, connections: 16, only: 'list,get,create', profile: '' },
  run: (options) => withLab((lab) => run(lab, options)),
};

const aims = { list: 0.6, get: 0.6, create: 0.5 };
const person = {
  firstName: 'Ada',
  lastName: 'Lovelace $n',
  jobTitle: 'Analyst',
  email: 'ada$n@example.com',
  phone: '+44 20 1234',
};

async function run(lab, options) {
  const database = lab.pool();
  await fillContacts(database, options.rows);
  const token = await lab.makeAdministrator();
  await lab.activatePolicy(contactPolicy);
  const starts = await measureStarts(lab);
  const product = await lab.start('server', { nodeArgs: profileArgs(options.profile) });
  const headers = { authorization: `Bearer ${token}` };
  const port = await peerPort(lab);
  const members = await membersOf(`${product.url}/api/v1/contacts?limit=1`, headers);
  const peer = await lab.startScript('peers/fastify-pg.mjs', { url: lab.url('holdfast_app'), port, members });
  const { rows } = await database.query('SELECT id FROM crm.contact ORDER BY md5(id::text) LIMIT 2000');
  const sides = {
    Holdfast: { pid: product.pid, port: lab.ports.primary, headers },
    peer: { pid: peer.pid, port, headers: {} },
  };
  const ids = rows.map(({ id }) => id);
  await assertSameAnswers(sides, ids);
  const generator = fork(join(root, 'bench/support/load-generator.mjs'), ['{}']);
  try {
    const cases = options.only.split(',');
    const results = [];
    for (const name of cases) results.push(await measure(lab, generator, name, { sides, ids, options }));
    await assertSameRows(database, sides, ids);
    return {
      results: [...results, ...starts.results, memoryResult(product, peer)],
      settings: settingsText(options),
      notes: notes(),
    };
  } finally {
    generator.kill();
  }
}

const settingsText = ({ rows, connections, rounds, seconds }) =>
  `${rows.toLocaleString('en-US')} contacts, ${connections} connections, ${rounds} rounds of ${seconds} s a side in turns, medians`;

const notes = () => [
  'The product checks the token and the rights of each request, writes a log line and its metrics, and sets its security headers; the peer does none of that.',
  'The answers were compared byte by byte (the created ones member by member, without ids and times), the rows of a create table by table.',
  'Load generator, both servers and PostgreSQL share the machine.',
];

async function peerPort(lab) {
  const { freePort } = await import('./support/lab.mjs');
  for (;;) {
    const port = await freePort();
    if (!Object.values(lab.ports).includes(port)) return port;
  }
}

async function membersOf(url, headers) {
  const response = await fetch(url, { headers });
  const { data } = await response.json();
  return Object.keys(data[0]);
}

function jobOf(name, ids) {
  if (name === 'list') return { method: 'GET', paths: ['/api/v1/contacts?limit=50'] };
  if (name === 'get') return { method: 'GET', paths: ids.map((id) => `/api/v1/contacts/${id}`) };
  return { method: 'POST', paths: ['/api/v1/contacts'], body: JSON.stringify(person) };
}

async function measure(lab, generator, name, { sides, ids, options }) {
  const job = { ...jobOf(name, ids), connections: options.connections };
  const load = async ({ port, headers }, seconds) => {
    generator.send({ ...job, port, headers, seconds });
    const [result] = await once(generator, 'message');
    if (Object.keys(result.failures).length > 0)
      throw new Error(`${name} answered ${JSON.stringify(result.failures)}`);
    return result;
  };
  const side = async (name, seconds) => {
    const { pid } = sides[name];
    const before = [cpuMs(pid), cpuMsOfFamily(lab.postgres.pid)];
    const result = await load(sides[name], seconds);
    return {
      ...result,
      cpuMs: (cpuMs(pid) - before[0]) / result.requests,
      postgresCpuMs: (cpuMsOfFamily(lab.postgres.pid) - before[1]) / result.requests,
    };
  };
  for (const name of Object.keys(sides)) await side(name, Math.min(3, options.seconds));
  const samples = await inTurns(options.rounds, {
    Holdfast: () => side('Holdfast', options.seconds),
    peer: () => side('peer', options.seconds),
  });
  return resultOf(name, samples);
}

const labels = { list: 'list of 50', get: 'get one', create: 'create' };

function resultOf(name, samples) {
  const [ours, peer] = [medians(samples.Holdfast), medians(samples.peer)];
  const details = ({ perSecond, p50, p99, cpuMs, postgresCpuMs }) => ({
    'requests/s': perSecond,
    'p50 ms': p50,
    'p99 ms': p99,
    'server CPU ms/request': cpuMs,
    'PostgreSQL CPU ms/request': postgresCpuMs,
  });
  return {
    what: labels[name],
    unit: '/s',
    ours: ours.perSecond,
    peer: peer.perSecond,
    // of the rounds' own ratios: a disturbance that lasts a round hits numerator and denominator alike
    ratio: median(samples.Holdfast.map(({ perSecond }, round) => perSecond / samples.peer[round].perSecond)),
    aim: aims[name],
    details: { Holdfast: details(ours), peer: details(peer) },
  };
}

async function measureStarts(lab) {
  const starts = [];
  for (let round = 0; round < 3; round++) {
    const server = await lab.start('server');
    starts.push({ ms: server.startMs, rss: memoryMb(server.pid).now });
    await server.stop();
  }
  const seconds = median(starts.map(({ ms }) => ms)) / 1000;
  const rss = median(starts.map((start) => start.rss));
  return {
    results: [
      { what: 'start of the server until /readyz', unit: 's', ours: seconds, aim: 3, isUpperBound: true },
      { what: 'memory of the server after its start', unit: 'MB', ours: rss, aim: 250, isUpperBound: true },
    ],
  };
}

function memoryResult(product, peer) {
  return {
    what: 'most memory of the server under this load',
    unit: 'MB',
    ours: memoryMb(product.pid).peak,
    peer: memoryMb(peer.pid).peak,
    aim: 250,
    isUpperBound: true,
  };
}

async function assertSameAnswers(sides, ids) {
  const paths = ['/api/v1/contacts?limit=50', ...ids.slice(0, 20).map((id) => `/api/v1/contacts/${id}`)];
  for (const path of paths) {
    const [ours, theirs] = await Promise.all(
      Object.values(sides).map(async ({ port, headers }) =>
        (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text(),
      ),
    );
    if (ours !== theirs)
      throw new Error(`the answers to ${path} differ:\n${ours.slice(0, 500)}\n${theirs.slice(0, 500)}`);
  }
}

/** One record made by each side: the same members, and as many rows in the same tables. */
async function assertSameRows(database, sides) {
  const made = [];
  for (const { port, headers } of Object.values(sides)) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/contacts`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ ...person, email: 'same@example.com', lastName: 'Same' }),
    });
    made.push(await response.json());
  }
  const [ours, theirs] = made.map(withoutOwn);
  if (JSON.stringify(ours) !== JSON.stringify(theirs))
    throw new Error(`the created records differ:\n${JSON.stringify(ours)}\n${JSON.stringify(theirs)}`);
  const counts = [];
  for (const { id } of made) counts.push((await database.query(rowsOfOne, [id])).rows[0]);
  if (JSON.stringify(counts[0]) !== JSON.stringify(counts[1]))
    throw new Error(`the created rows differ: ${JSON.stringify(counts)}`);
}

const rowsOfOne = `SELECT
  (SELECT count(*) FROM crm.contact WHERE id = $1) AS contact,
  (SELECT count(*) FROM replication.change WHERE id = $1) AS change,
  (SELECT count(*) FROM audit.leaf WHERE record_id = $1) AS leaf,
  (SELECT count(*) FROM audit.subject_key WHERE subject_id = $1) AS key,
  (SELECT count(*) FROM audit.payload p WHERE subject_id = $1) AS payload`;

/** Ids, times and who did it are each side's own. */
function withoutOwn(record) {
  const own = new Set(['id', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'ownerId']);
  return Object.fromEntries(Object.entries(record).filter(([name]) => !own.has(name)));
}
