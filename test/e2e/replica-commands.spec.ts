// Keys and replicas as an administrator looks after them, on an installation that runs: a second replica on a host of its
// own comes and goes, and the connector's signing key changes meanwhile.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { createDatabase } from '../../src/platform/database/index.js';
import { freePort, makeTempFolder, TestApi, waitFor } from '../support/index.js';
import { checkout, startSystem, type RunningSystem } from '../support/running-system.js';
import { asSuperuser, databaseOf, putIntoForce } from './installation.js';

interface Ended {
  code: number;
  out: string;
  err: string;
}

interface ReplicaConfig {
  http: { port: number };
  database: Record<string, string>;
  tenant: { id: string; installation: string };
  keys: { folder: string };
  replica: { name: string };
}

let system: RunningSystem;
let api: TestApi;
let folder: string;
let rootKeys: string;
let tenant: string;
let second: ChildProcess | null = null;
let rows: pg.Pool;
let port: number;

function run(words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(checkout, 'dist/src/cli/main.js'), ...words], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

/** On premises. The root keys lie apart from all that the processes were told of. */
const onPremises = (...words: string[]): Promise<Ended> =>
  run(['cloud', ...words, '--home', system.home, '--root-keys', rootKeys]);

async function json<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await onPremises(...words, '--json');
  expect([words, code, err]).toEqual([words, 0, '']);
  return JSON.parse(out) as T;
}

const enrol = (out: string, ...more: string[]): Promise<Ended> => {
  const root = join(system.home, 'keys', 'connector', 'root.json');
  const given = ['--name', 'second', '--tenant', tenant, '--root', root, '--out', join(folder, out)];
  return run(['cloud', 'replica', 'enrol', '--home', folder, ...given, ...more]);
};

beforeAll(async () => {
  folder = await makeTempFolder('second');
  system = await startSystem({ demo: false });
  api = new TestApi(system.primary.url, system.apiToken);
  rootKeys = join(folder, 'safe');
  await rename(join(system.home, 'keys', 'root'), rootKeys);
  await createSecondReplica();
  await putIntoForce(system.home, 'version: 2\ntypes: { account: }\n');
}, 300_000);

afterAll(async () => {
  if (second !== null) {
    second.kill('SIGTERM');
    await once(second, 'exit');
  }
  await rows.end();
  await system.stop();
}, 60_000);

/** A configuration and a database of its own, on the PostgreSQL that runs already. */
async function createSecondReplica(): Promise<void> {
  const text = await readFile(join(system.home, 'config', 'replica.yaml'), 'utf8');
  const config = parse(text) as ReplicaConfig;
  tenant = config.tenant.id;
  const superuser = await asSuperuser(system.home, (await databaseOf(system.home, 'replica')).url);
  await createDatabase(superuser, 'second');
  const moved = (url: string) => url.replace(/\/[^/]*$/, '/second');
  rows = new pg.Pool({ connectionString: moved(superuser), max: 2 });
  rows.on('error', () => undefined);
  port = await freePort();
  Object.assign(config, {
    http: { ...config.http, port },
    database: Object.fromEntries(Object.entries(config.database).map(([key, url]) => [key, moved(url)])),
    tenant: { id: tenant, installation: 'second' },
    keys: { folder: join(folder, 'keys') },
    replica: { ...config.replica, name: 'second' },
  });
  await writeFile(join(folder, 'replica.yaml'), stringify(config), { mode: 0o600 });
}

async function makeAccount(name: string): Promise<void> {
  const answer = await api.request('POST', '/accounts', { name, sector: 'retail' });
  expect(answer.status).toBe(201);
}

async function accountsOfSecond(): Promise<string[]> {
  const { rows: found } = await rows.query<{ name: string }>('SELECT name FROM crm.account ORDER BY 1');
  return found.map(({ name }) => name);
}

async function errorOfSecond(): Promise<{ code: string; message: string } | null> {
  const { rows: found } = await rows.query<{ last_error: { code: string; message: string } | null }>(
    'SELECT last_error FROM replication.replica_watch',
  );
  return found[0]?.last_error ?? null;
}

const shows = (list: () => Promise<string[]>, name: string) =>
  waitFor(async () => (await list()).includes(name), { timeoutMs: 90_000, what: name });

async function accountsOfFirst(): Promise<string[]> {
  const replica = new TestApi(system.replica.url, system.replica.apiToken);
  const { data } = await replica.list<{ name: string }>('accounts');
  return data.map(({ name }) => name);
}

describe('holdfast cloud replica', () => {
  it('enrols a host, whose keys stay there', async () => {
    const told = await enrol('second.enrolment');
    expect(told).toMatchObject({ code: 0, err: '', out: expect.stringContaining('cloud replica add FILE') });
    const kept = await readdir(join(folder, 'keys', 'replica', 'second'));
    expect(kept.sort()).toEqual(['recipient-1.key', 'root.json', 'signing.key']);
    const carried = await readFile(join(folder, 'second.enrolment'), 'utf8');
    expect(carried).not.toMatch(/PRIVATE|SECRET/);
    expect(await enrol('second.enrolment')).toMatchObject({ code: 2, out: '' });
    const wrong = await enrol('other.enrolment', '--tenant', 'globex');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('not of tenant globex') });
  });

  it('adds it while everything runs, and it shows what the first one shows', async () => {
    await makeAccount('Before');
    await shows(accountsOfFirst, 'Before');
    const added = await json<{ root: number; floor: string }>(
      ...['replica', 'add', join(folder, 'second.enrolment'), '--reason', 'a second site'],
    );
    expect(added).toMatchObject({ root: 2, floor: expect.stringMatching(/^[12]\.\d+$/) });
    second = spawn(
      process.execPath,
      [join(checkout, 'dist/src/main.js'), '--config', join(folder, 'replica.yaml')],
      { env: { ...process.env, HOLDFAST_REPLICA_FLOOR: added.floor }, stdio: 'ignore' },
    );
    await waitFor(async () => (await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status === 200, {
      ...{ timeoutMs: 90_000, intervalMs: 200, what: 'the second replica' },
    });
    expect(await accountsOfSecond()).toContain('Before');
    await makeAccount('Between');
    await shows(accountsOfFirst, 'Between');
    await shows(accountsOfSecond, 'Between');
  }, 180_000);

  it('refuses the same file again, a damaged one, and one that is none', async () => {
    const again = await onPremises('replica', 'add', join(folder, 'second.enrolment'));
    expect(again).toMatchObject({ code: 1, out: '', err: expect.stringContaining('enrolled already') });
    const text = await readFile(join(folder, 'second.enrolment'), 'utf8');
    await writeFile(join(folder, 'damaged'), text.replace(/"sig":"./, '"sig":"_'));
    const damaged = await onPremises('replica', 'add', join(folder, 'damaged'));
    expect(damaged).toMatchObject({ code: 1, out: '', err: expect.stringContaining('cannot be used') });
    expect(damaged.err).not.toMatch(/\n\s+at /);
    expect(await onPremises('replica', 'add', join(folder, 'nowhere'))).toMatchObject({ code: 2, out: '' });
  });

  it('rotates the manifest key under both of them', async () => {
    const before = await json<{ keys: { kind: string; fingerprint: string }[] }>('keys', 'list');
    const old = before.keys.find(({ kind }) => kind === 'manifest')?.fingerprint ?? '';
    expect(await json('keys', 'rotate', '--manifest')).toEqual({ root: 3 });
    await waitFor(
      async () => {
        const { keys } = await json<{ keys: { fingerprint: string; isInUse: boolean }[] }>('keys', 'list');
        return keys.some(({ fingerprint, isInUse }) => isInUse && fingerprint !== old);
      },
      { timeoutMs: 30_000, intervalMs: 500, what: 'the connector to take the key up' },
    );
    expect(await json('keys', 'retire', old)).toMatchObject({ root: 4, fingerprint: old });
    await makeAccount('Rotated');
    await shows(accountsOfFirst, 'Rotated');
    await shows(accountsOfSecond, 'Rotated');
  }, 180_000);

  it('revokes it: it says so and stays where it is, and the first one goes on', async () => {
    await waitFor(
      async () =>
        /second: enrolled since root 2\n.*\n.*\n {2}has acknowledged \d/.test(
          (await onPremises('replica', 'list')).out,
        ),
      { timeoutMs: 60_000, intervalMs: 500, what: 'an ack of the second replica' },
    );
    const told = await onPremises('replica', 'revoke', 'second', '--reason', 'the site is closed');
    expect(told).toMatchObject({ code: 0, err: '', out: expect.stringContaining('revoked by root 5') });
    await makeAccount('Afterwards');
    await shows(accountsOfFirst, 'Afterwards');
    const isTold = async () => (await errorOfSecond())?.code === 'replica.revoked';
    await waitFor(isTold, { timeoutMs: 60_000, what: 'the second replica to learn of it' });
    expect((await errorOfSecond())?.message).toContain('revoked by root 5');
    expect(await accountsOfSecond()).not.toContain('Afterwards');
    expect((await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status).toBe(200);
    const list = await json<{ name: string; revokedBy: number | null }[]>('replica', 'list');
    expect(list).toMatchObject([
      { name: 'replica-1', revokedBy: null },
      { name: 'second', revokedBy: 5 },
    ]);
    const back = await onPremises('replica', 'add', join(folder, 'second.enrolment'));
    expect(back).toMatchObject({ code: 1, err: expect.stringContaining('taken back by root 5') });
  }, 180_000);
});
