// Each process alone, as an administrator runs it: Debian's PostgreSQL 15, Redis and a bucket, all named by environment.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withCommandContext } from '../../src/cli/command-context.js';
import { activateFirstPolicy } from '../../src/cli/quickstart/first-policy.js';
import { Home, type HomeState } from '../../src/cli/quickstart/home.js';
import { prepareKeys } from '../../src/cli/quickstart/keys-setup.js';
import {
  createFirstPeople,
  createReplicaToken,
  planFirstPeople,
} from '../../src/cli/quickstart/people-setup.js';
import { databaseNames, databaseUrl, writeProcessConfigs } from '../../src/cli/quickstart/process-configs.js';
import { bootstrapRoles, createDatabase, migrate } from '../../src/platform/database/index.js';
import { freePort, startRedis, TestApi, waitFor, type TestRedis } from '../support/index.js';
import { checkout } from '../support/running-system.js';

const programs = '/usr/lib/postgresql/15/bin';

describe('server, connector and replica on PostgreSQL 15 and Redis', () => {
  let folder: string;
  let redis: TestRedis;
  let home: Home;
  let state: HomeState;
  let tokens: { premises: string; replica: string };
  let databasePort: number;
  const children: ChildProcess[] = [];
  const output: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-real-'));
    redis = await startRedis();
    databasePort = await freePort();
    await startDebianPostgres();
    home = new Home(join(folder, 'home'));
    await home.make();
    state = planFirstPeople(await home.open());
    await prepareDatabases();
    await prepareKeys(home, state);
    // for the commands only; the processes get nothing but their environment
    await writeProcessConfigs(home, state, { database: databasePort, primary: 1, replica: 2 }, folder);
    const made = await withCommandContext(home.config('server'), (context) =>
      createFirstPeople(context, state),
    );
    const replica = await withCommandContext(home.config('replica'), createReplicaToken);
    tokens = { premises: made.apiToken ?? '', replica };
    await activateFirstPolicy(home, false);
  }, 240_000);

  afterAll(async () => {
    for (const child of children.reverse()) await end(child);
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  async function startDebianPostgres(): Promise<void> {
    const data = join(folder, 'pg');
    const password = join(folder, 'password');
    await writeFile(password, 'of this test only', { mode: 0o600 });
    // PostgreSQL refuses to run as root, and Debian made a user for it
    const isRoot = process.getuid?.() === 0;
    const uid = isRoot ? Number(execFileSync('id', ['-u', 'postgres'])) : undefined;
    const user = uid === undefined ? {} : { uid, gid: Number(execFileSync('id', ['-g', 'postgres'])) };
    if (user.uid !== undefined) for (const path of [folder, password]) await chown(path, user.uid, user.gid);
    const initdb = [
      '-D',
      data,
      '-U',
      'postgres',
      `--pwfile=${password}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
    ];
    execFileSync(`${programs}/initdb`, initdb, { ...user, cwd: '/', stdio: 'ignore' });
    const settings = { port: databasePort, max_prepared_transactions: 8, unix_socket_directories: '' };
    const words = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    children.push(
      spawn(`${programs}/postgres`, ['-D', data, ...words], { ...user, cwd: '/', stdio: 'ignore' }),
    );
  }

  async function prepareDatabases(): Promise<void> {
    const admin = `postgresql://postgres:${encodeURIComponent('of this test only')}@127.0.0.1:${databasePort}/postgres`;
    await waitFor(() => bootstrapRoles(admin, state.passwords).then(() => true), {
      timeoutMs: 30_000,
      what: 'PostgreSQL 15',
    });
    for (const kind of ['primary', 'replica'] as const) {
      await createDatabase(admin, databaseNames[kind]);
      await migrate(databaseUrl(state, databasePort, 'holdfast_owner', databaseNames[kind]), kind);
    }
  }

  async function end(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      await gone;
    }
    return child.exitCode;
  }

  async function start(
    script: string,
    role: string,
    env: Record<string, string>,
  ): Promise<[string, ChildProcess]> {
    const port = await freePort();
    const child = spawn(process.execPath, [join(checkout, 'dist', script)], {
      env: {
        ...{ PATH: process.env['PATH'], HOLDFAST_ROLE: role, HOLDFAST_HTTP_PORT: String(port) },
        ...{ HOLDFAST_TENANT_ID: state.tenant, HOLDFAST_TENANT_INSTALLATION: `real-${role}` },
        ...{ HOLDFAST_KEYS_FOLDER: home.keysFolder, BUCKET_URL: home.bucketUrl, ...env },
      },
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const url = `http://127.0.0.1:${port}`;
    await waitFor(async () => (await fetch(`${url}/healthz`)).ok, {
      timeoutMs: 60_000,
      what: `${role}: /healthz`,
    });
    return [url, child];
  }

  const urlOf = (role: Parameters<typeof databaseUrl>[2], database: 'primary' | 'replica'): string =>
    databaseUrl(state, databasePort, role, databaseNames[database]);

  it('a change on premises reaches the replica, and each process ends with 0', async () => {
    const [premisesUrl, server] = await start('src/main.js', 'primary', {
      DATABASE_URL: urlOf('holdfast_app', 'primary'),
      HOLDFAST_DATABASE_MAINTAINER_URL: urlOf('holdfast_maintainer', 'primary'),
      REDIS_URL: redis.url,
      HOLDFAST_FILES_FOLDER: join(folder, 'files'),
    });
    const [, connector] = await start('connector/main.js', 'connector', {
      DATABASE_URL: urlOf('holdfast_connector', 'primary'),
      REDIS_URL: redis.url,
      HOLDFAST_CONNECTOR_SPOOL_FOLDER: join(folder, 'spool'),
    });
    const [replicaUrl, replica] = await start('src/main.js', 'replica', {
      DATABASE_URL: urlOf('holdfast_replica_app', 'replica'),
      HOLDFAST_DATABASE_APPLY_URL: urlOf('holdfast_replica_apply', 'replica'),
    });
    const there = new TestApi(replicaUrl, tokens.replica);
    const names = async () =>
      (await there.list<{ name: string }>('users', { limit: 200 })).data.map(({ name }) => name);
    await waitFor(async () => (await names()).includes('Ada Administrator'), {
      timeoutMs: 60_000,
      what: 'the first snapshot',
    });
    const premises = new TestApi(premisesUrl, tokens.premises);
    const { data } = await premises.list<{ id: string; version: number; name: string }>('users', {
      limit: 200,
    });
    const mona = data.find(({ name }) => name === 'Mona Manager');
    const changed = await premises.request(
      'PATCH',
      `/users/${mona?.id}`,
      { name: 'Mona Married' },
      { 'if-match': `"${mona?.version}"` },
    );
    expect(changed.status).toBe(200);
    await waitFor(async () => (await names()).includes('Mona Married'), {
      timeoutMs: 20_000,
      what: 'the change',
    });
    for (const url of [premisesUrl, replicaUrl]) expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const child of [replica, connector, server])
      expect([await end(child), output.join('').slice(-2000)]).toEqual([0, expect.any(String)]);
  }, 240_000);
});
