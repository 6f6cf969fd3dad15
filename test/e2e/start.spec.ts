// One installation through its whole life, as the person at the terminal sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, makeTempFolder, TestApi, waitFor } from '../support/index.js';
import {
  beginStart,
  checkout,
  processesOf,
  startSystem,
  type RunningSystem,
  type SystemFacts,
  type SystemStart,
} from '../support/running-system.js';

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

let folder: string;
let home: string;
let system: RunningSystem;
let first: SystemFacts;
let stranger: Server;
let ports: [number, number];

beforeAll(async () => {
  folder = await makeTempFolder('start');
  home = join(folder, 'home');
  ports = [await freePort(), await freePort()];
  stranger = createServer().listen(ports[0], '127.0.0.1');
  await once(stranger, 'listening');
  system = await startSystem({ home, demo: false, ports });
  const { primary, replica, bucket, users, apiToken, processes } = system;
  first = { primary, replica, bucket, users, apiToken, processes };
}, 300_000);

afterAll(async () => {
  await system.stop();
  stranger.close();
  for (const pid of await processesOf(folder)) process.kill(pid, 'SIGKILL');
}, 60_000);

async function run(script: string, args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [join(checkout, script), ...args], { cwd: folder });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** `holdfast …` on this installation */
const holdfast = (words: readonly string[], input = ''): Promise<Ended> =>
  run('bin/holdfast.mjs', [...words, '--home', home], input);

async function holdfastJson<T>(words: readonly string[], input = ''): Promise<T> {
  const { code, out, err } = await holdfast([...words, '--json'], input);
  expect([words, code, err]).toEqual([words, 0, '']);
  return JSON.parse(out) as T;
}

async function isRefused(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}

const allGone = (what: string, timeoutMs = 60_000): Promise<boolean> =>
  waitFor(async () => (await processesOf(home)).length === 0, { timeoutMs, intervalMs: 200, what });

/** The start goes on where the last one ended, and what is changed now still arrives. */
async function expectSameInstallation(again: RunningSystem, marker: string): Promise<void> {
  const { primary, replica, bucket, users, apiToken } = again;
  expect({ primary, replica, bucket, users, apiToken }).toEqual({
    ...{ primary: first.primary, replica: first.replica, bucket: first.bucket },
    ...{ users: first.users, apiToken: first.apiToken },
  });
  expect((await new TestApi(primary.url, apiToken).list('products')).data).toHaveLength(7);
  const email = `${marker}@example.com`;
  await holdfastJson(['user', 'create', '--email', email, '--name', marker], 'long enough for anyone\n');
  await arrives(again, email);
}

async function arrives({ replica }: SystemFacts, email: string): Promise<void> {
  const there = new TestApi(replica.url, replica.apiToken);
  await waitFor(
    async () => {
      const { data } = await there.list<{ name: string }>('users', { limit: 200 });
      return data.some(({ name }) => name === email.split('@')[0]);
    },
    { timeoutMs: 20_000, what: `${email} on the replica` },
  );
}

describe('the first start', () => {
  it('takes other ports where those are taken, and says so', () => {
    expect(system.start.output()).toMatch(
      new RegExp(`Port ${ports[0]} is taken; the server uses ${new URL(first.primary.url).port}\\.`),
    );
    expect(new URL(first.primary.url).port).not.toBe(String(ports[0]));
    expect(first.replica.url).toBe(`http://127.0.0.1:${ports[1]}`);
  });

  it('writes down exactly what the issue lists, once the replica is up', async () => {
    const facts = JSON.parse(await readFile(join(home, 'quickstart.json'), 'utf8')) as SystemFacts;
    expect(Object.keys(facts).sort()).toEqual([
      ...['apiToken', 'bucket', 'primary', 'processes', 'replica', 'users'],
    ]);
    expect([Object.keys(facts.primary), Object.keys(facts.replica)]).toEqual([['url'], ['url', 'apiToken']]);
    expect(facts.bucket).toBe(`file://${home}/bucket`);
    for (const user of facts.users) expect(Object.keys(user)).toEqual(['email', 'password', 'role']);
    expect(new Set(facts.users.map(({ password }) => password)).size).toBe(facts.users.length);
    expect(facts.processes.map(({ name }) => name)).toEqual([
      ...['start', 'postgres', 'server', 'connector', 'replica'],
    ]);
    for (const { pid } of facts.processes) expect(process.kill(pid, 0)).toBe(true);
    expect(await new TestApi(facts.replica.url, facts.replica.apiToken).get('/cloud/status')).toMatchObject({
      role: 'replica',
      generation: 1,
      lastError: null,
    });
  });

  it('keeps everything to its owner', async () => {
    const names = (await readdir(home, { recursive: true, withFileTypes: true })).filter(
      // PostgreSQL sees to its own, and the bucket is sealed and lies in a folder that nobody else enters
      ({ name, parentPath }) =>
        !/\/(postgres|bucket)(\/|$)/.test(`${parentPath}/${name}`) || name === 'superuser-password',
    );
    expect(names.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['server.yaml', 'state.json', 'quickstart.json', 'superuser-password']),
    );
    const open: string[] = [];
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name);
      const mode = (await stat(path)).mode & 0o777;
      if (entry.isDirectory() ? mode !== 0o700 : (mode & 0o077) !== 0)
        open.push(`${path} ${mode.toString(8)}`);
    }
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    expect(open).toEqual([]);
  });

  it('keeps a second start out of the same home', async () => {
    const second = await beginStart(home, ['--no-demo']);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(
      `Holdfast already runs from ${home} (process ${system.start.child.pid}).`,
    );
    expect(second.output()).not.toMatch(/^ +at /m);
    expect((await fetch(`${first.primary.url}/readyz`)).status).toBe(200);
  });

  it('gives a process that died a new id in quickstart.json', async () => {
    const pidOf = async (name: string) =>
      (JSON.parse(await readFile(join(home, 'quickstart.json'), 'utf8')) as SystemFacts).processes.find(
        (process) => process.name === name,
      )?.pid ?? 0;
    for (const name of ['connector', 'postgres']) {
      const old = await pidOf(name);
      process.kill(old, 'SIGKILL');
      await waitFor(async () => ![0, old].includes(await pidOf(name)), { timeoutMs: 30_000, what: name });
      expect(process.kill(await pidOf(name), 0)).toBe(true);
    }
    await waitFor(async () => (await fetch(`${first.primary.url}/readyz`)).ok, { timeoutMs: 30_000 });
  });
});

describe('holdfast', () => {
  it('explains itself', async () => {
    const { code, out } = await run('bin/holdfast.mjs', ['--help']);
    expect(code).toBe(0);
    for (const name of ['status', 'import', 'cloud', 'user', 'token', 'migrate']) expect(out).toContain(name);
  });

  it('says in one sentence what is wrong with its words', async () => {
    expect(await holdfast(['frobnicate'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('frobnicate'),
    });
    const elsewhere = await run('bin/holdfast.mjs', ['status', '--home', join(folder, 'nowhere')]);
    expect(elsewhere).toMatchObject({ code: 1, out: '' });
    expect(elsewhere.err).toMatch(/^There is no .*nowhere\/quickstart\.json\..*npm start.*\n$/);
  });

  it('tells the state', async () => {
    const state = await holdfastJson<Record<string, { url: string; state: string }>>(['status']);
    expect(state).toMatchObject({
      primary: { url: first.primary.url, state: 'ready' },
      replica: { url: first.replica.url, state: 'ready' },
    });
    expect((await holdfast(['status'])).out).toContain(`${first.primary.url}  ready`);
    const cloud = await holdfastJson(['cloud', 'status']);
    expect(cloud).toMatchObject({ enabled: true, generation: 1, lastError: null });
    expect((await holdfast(['cloud', 'status'])).out).toMatch(/^generation 1, batch \d+, \d+ ms behind\n/);
  });

  it('checks a policy, and points at what is wrong with it', async () => {
    const good = join(folder, 'good.yaml');
    await writeFile(good, 'version: 1\ntypes:\n  account:\n  product:\n');
    expect(await holdfastJson(['cloud', 'policy', 'check', good])).toMatchObject({ ok: true, errors: [] });
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, 'version: 1\ntypes:\n  acount:\n  product:\n');
    const { code, out, err } = await holdfast(['cloud', 'policy', 'check', bad]);
    expect(out).toMatch(new RegExp(`^${bad}:3:\\d+ .*did you mean .*account`, 'm'));
    expect([code, err]).toEqual([1, 'The policy cannot be used.\n']);
  });

  it('has its audit sealed, and finds nothing wrong with it, here and in the bucket', async () => {
    const verify = () =>
      holdfastJson<{ entries: number; findings: object[]; anchor: { size: number } | null }>([
        'audit',
        'verify',
      ]);
    await waitFor(async () => (await verify()).anchor !== null, { timeoutMs: 90_000, intervalMs: 2_000 });
    const { entries, findings, anchor } = await verify();
    expect(findings).toEqual([]);
    expect(entries).toBeGreaterThan(0);
    expect(anchor?.size).toBeGreaterThan(0);
    const text = await holdfast(['audit', 'verify']);
    expect(text).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Nothing is wrong.') });
  }, 120_000);

  it('imports', async () => {
    const files = ['02-products.yaml', 'maven-crm/products.csv'];
    const words = ['import', ...files.map((name) => join(checkout, 'config/demo', name))];
    const dry = await holdfastJson<{ counts: object }>([...words, '--dry-run']);
    expect(dry.counts).toMatchObject({ created: 7, failed: 0 });
    const premises = new TestApi(first.primary.url, first.apiToken);
    expect((await premises.list('products')).data).toEqual([]);
    expect((await holdfastJson<{ counts: object }>(words)).counts).toMatchObject({ created: 7, failed: 0 });
    expect((await premises.list('products')).data).toHaveLength(7);
    expect((await holdfast(words)).out).toMatch(/0 created, 0 updated, 7 unchanged/);
  });

  it('makes a person and a token that work', async () => {
    const password = 'a password of some length';
    const person = ['--email', 'nina@example.com', '--name', 'nina', '--role', 'readonly'];
    const made = await holdfastJson(['user', 'create', ...person], `${password}\n`);
    expect(made).toMatchObject({ email: 'nina@example.com', roles: ['readonly'] });
    const signIn = await fetch(`${first.primary.url}/api/v1/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nina@example.com', password }),
    });
    expect(signIn.status).toBe(200);
    const again = await holdfast(['user', 'create', ...person], `${password}\n`);
    expect([again.code, again.err]).toEqual([1, 'A user with this e-mail address exists.\n']);
    const { token } = await holdfastJson<{ token: string }>([
      ...['token', 'create', 'nina@example.com', '--name', 'script'],
    ]);
    const me = await new TestApi(first.primary.url, token).get<{ user: { email: string } }>('/me');
    expect(me.user.email).toBe('nina@example.com');
    const nobody = await holdfast(['token', 'create', 'nobody@example.com', '--name', 'x']);
    expect([nobody.code, nobody.err]).toEqual([1, 'There is nobody with the address nobody@example.com.\n']);
  });

  it('makes a token for two networks, and none for what is no network', async () => {
    const words = ['token', 'create', first.users[0]?.email ?? '', '--name', 'office'];
    const limits = ['--from', '192.0.2.0/24', '--from', '2001:db8::/32'];
    const made = await holdfastJson<{ token: string; allowedNetworks: string[] }>([...words, ...limits]);
    expect(made.allowedNetworks).toEqual(['192.0.2.0/24', '2001:db8::/32']);
    const elsewhere = await new TestApi(first.primary.url, made.token).request('GET', '/me');
    expect(elsewhere.status).toBe(403);
    expect(await elsewhere.text()).toContain('token_address_refused');
    const refused = await holdfast([...words, '--from', 'office']);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--from')]);
  });

  it('migrates, with nothing to do after a start', async () => {
    expect(await holdfastJson(['migrate'])).toEqual({ applied: [] });
    expect((await holdfast(['migrate'])).out).toBe('Nothing to do.\n');
  });
});

describe('wrong words and settings', () => {
  it.each([
    [['--port', 'abc'], '--port'],
    [['--replica-port', '70000'], '--replica-port'],
    [['--hom', 'x'], '--hom'],
    [['extra'], 'extra'],
  ])('refuses %j before it touches anything', async (words, named) => {
    const { code, err, out } = await run('dist/src/cli/quickstart/main.js', words);
    expect(code).not.toBe(0);
    expect(`${err}${out}`).toContain(named);
    expect(`${err}${out}`).not.toMatch(/^ +at /m);
    expect(await readdir(folder)).not.toContain('.holdfast');
  });

  it.each([
    ['server', 'src/main.js', 'poolSize: 0', 'database.poolSize'],
    ['connector', 'connector/main.js', 'poolsize: 3', 'database.poolsize'],
    ['replica', 'src/main.js', 'poolSize: many', 'database.poolSize'],
  ])('a %s with a wrong setting exits 78 and names it', async (name, script, setting, key) => {
    const file = join(folder, `${name}-wrong.yaml`);
    const config = await readFile(join(home, 'config', `${name}.yaml`), 'utf8');
    await writeFile(file, config.replace(/^database:$/m, `database:\n  ${setting}`));
    const { code, err } = await run(`dist/${script}`, ['--config', file]);
    expect(code).toBe(78);
    expect(err).toContain(key);
    expect(err).toContain(file);
    expect(err).not.toMatch(/^ +at /m);
  });
});

describe('the ends of a start', () => {
  it('Ctrl-C stops replica, connector, server and PostgreSQL in this order, and leaves no process', async () => {
    await system.stop();
    expect(await system.start.exited).toBe(0);
    const stopped = [...system.start.output().matchAll(/stopping (?:the )?(\w+) …/g)].map(([, name]) => name);
    expect(stopped).toEqual(['replica', 'connector', 'server', 'PostgreSQL']);
    expect(await processesOf(home)).toEqual([]);
    expect(await isRefused(first.primary.url)).toBe(true);
    for (const name of ['replica', 'connector', 'server']) {
      const last = (await readFile(join(home, 'logs', `${name}.log`), 'utf8')).trimEnd().split('\n').at(-1);
      expect([name, last]).toEqual([name, expect.stringContaining('"event":"process.stopped"')]);
    }
    expect(await readFile(join(home, 'postgres', 'postgres.log'), 'utf8')).toMatch(
      /database system is shut down\s*$/,
    );
  });

  it('a second start goes on with the same data', async () => {
    const same = [Number(new URL(first.primary.url).port), ports[1]] as const;
    system = await startSystem({ home, demo: false, ports: same });
    await expectSameInstallation(system, 'second');
    expect(system.start.output()).not.toContain('first policy');
  });

  it('children and PostgreSQL stop by themselves when only the start is killed', async () => {
    expect((await processesOf(home)).length).toBeGreaterThanOrEqual(6);
    system.start.child.kill('SIGKILL');
    await allGone('everything to stop by itself');
    for (const name of ['replica', 'connector', 'server'])
      expect(
        (await readFile(join(home, 'logs', `${name}.log`), 'utf8')).trimEnd().split('\n').at(-1),
      ).toEqual(expect.stringMatching(/"event":"process.stopped".*"reason":"parent gone"/));
    expect(await readFile(join(home, 'postgres', 'postgres.log'), 'utf8')).toMatch(
      /database system is shut down\s*$/,
    );
  });

  it('a start after kill -9 of everything at once goes on with the same data', async () => {
    const same = [Number(new URL(first.primary.url).port), ports[1]] as const;
    system = await startSystem({ home, demo: false, ports: same });
    await expectSameInstallation(system, 'third');
    for (const pid of await processesOf(home)) process.kill(pid, 'SIGKILL');
    await allGone('the killed processes to be gone');
    system = await startSystem({ home, demo: false, ports: same });
    await expectSameInstallation(system, 'fourth');
  });
});

describe('a first start that is broken off', () => {
  const broken: SystemStart[] = [];
  let place: string;
  beforeAll(async () => {
    await system.stop();
    place = join(await makeTempFolder('broken'), 'home');
  }, 60_000);
  afterAll(async () => {
    for (const pid of await processesOf(place)) process.kill(pid, 'SIGKILL');
  });

  async function beginUntil(line: string): Promise<SystemStart> {
    const start = await beginStart(place, [
      ...['--no-demo', '--port', String(await freePort()), '--replica-port', String(await freePort())],
    ]);
    broken.push(start);
    // a step that an earlier start had just ended when it was killed is not taken again
    const isThere = () => [line, 'Holdfast runs.'].some((text) => start.output().includes(text));
    await waitFor(() => isThere() || start.child.exitCode !== null, {
      timeoutMs: 60_000,
      intervalMs: 5,
      what: line,
    });
    expect([isThere(), start.output()]).toEqual([true, start.output()]);
    return start;
  }

  it('by Ctrl-C while PostgreSQL is made: it stops and leaves no process', async () => {
    const start = await beginUntil('starting PostgreSQL');
    await sleep(200);
    process.kill(-(start.child.pid ?? 0), 'SIGINT');
    expect(await start.exited).toBe(0);
    expect(await processesOf(place)).toEqual([]);
  });

  it('by kill -9 at every step: the next one goes on', async () => {
    const steps = ['preparing the databases', 'preparing the keys', 'making the first sign-ins'];
    for (const step of [...steps, 'putting the first policy in force', 'starting the replica']) {
      const start = await beginUntil(step);
      await sleep(Math.random() * 800);
      for (const pid of await processesOf(place)) process.kill(pid, 'SIGKILL');
      await start.exited;
    }
    system = await startSystem({ home: place, demo: false });
    const { users } = system;
    expect(users.length).toBeGreaterThanOrEqual(4);
    expect(new Set(users.map(({ email }) => email)).size).toBe(users.length);
    for (const { email, password } of users)
      for (const { url } of [system.primary, system.replica]) {
        const answer = await fetch(`${url}/api/v1/auth/sign-in`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
        expect([email, url, answer.status]).toEqual([email, url, 200]);
      }
  }, 240_000);
});
