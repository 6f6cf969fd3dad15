import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  freePort,
  makeTempFolder,
  waitFor,
  type TestDatabase,
} from '../support/index.js';

type Line = Record<string, unknown>;
interface Started {
  child: ChildProcess;
  url: string;
  port: number;
  lines: () => Line[];
  errors: () => string;
}

let database: TestDatabase;
let queues: TestDatabase;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  expect([built.status, built.stderr]).toEqual([0, '']);
  [database, queues, folder] = await Promise.all([
    createPrimaryDatabase(),
    createEmptyDatabase('holdfast_queue'),
    makeTempFolder('process-life'),
  ]);
}, 120_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await Promise.all([database.drop(), queues.drop(), rm(folder, { recursive: true, force: true })]);
});

/** The built server in a process of its own, as an administrator would start it. */
async function start(env: Record<string, string> = {}): Promise<Started> {
  const port = await freePort();
  let [out, errors] = ['', ''];
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.urls.app,
      HOLDFAST_DATABASE_MAINTAINER_URL: database.urls.maintainer,
      HOLDFAST_QUEUE_DATABASE_URL: queues.urls.queue,
      HOLDFAST_KEYS_FOLDER: join(folder, 'keys'),
      HOLDFAST_FILES_FOLDER: join(folder, 'files'),
      HOLDFAST_HTTP_PORT: String(port),
      ...env,
    },
  });
  children.push(child);
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = (): Line[] =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  return { child, port, url: `http://127.0.0.1:${port}`, lines, errors: () => errors };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

const isReady = async ({ url, child, errors, lines }: Started): Promise<boolean> => {
  if (child.exitCode !== null)
    throw new Error(`ended with ${child.exitCode}: ${errors()} ${JSON.stringify(lines().at(-1))}`);
  return (await fetch(`${url}/readyz`)).status === 200;
};
const readiness = async ({
  url,
}: Started): Promise<{ checks: Record<string, { lastError?: string; status: string }> }> =>
  (await (await fetch(`${url}/readyz`)).json()) as never;

/** Stands before a PostgreSQL and can be taken away. */
async function proxyTo(target: URL, port: number): Promise<Server> {
  const proxy = createServer((from) => {
    const to = connect(Number(target.port), target.hostname);
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const)
      a.pipe(b).on('error', () => a.destroy());
  });
  proxy.listen(port, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

/** A request whose second half waits. */
async function openRequest(port: number): Promise<{ finish: () => Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString())).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    'POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    finish: async () => {
      socket.write('}');
      if (!socket.closed) await once(socket, 'close');
      return answer;
    },
  };
}

describe('a server process', () => {
  it('says what is wrong with its configuration and exits 78', async () => {
    const { child, errors } = await start({ DATABASE_URL: 'mysql://u:s3cret@h/d', HOLDFAST_HTTP_PROT: '1' });
    expect(await exitOf(child)).toBe(78);
    expect(errors()).toContain(
      'database.url: should be a postgres:// address (read from environment DATABASE_URL)',
    );
    expect(errors()).toContain('HOLDFAST_HTTP_PROT: should be a known key; did you mean HOLDFAST_HTTP_PORT?');
    expect(errors()).not.toContain('s3cret');
  });

  it('starts, finishes what it has in hand at SIGTERM, and exits 0', async () => {
    const server = await start();
    await waitFor(() => isReady(server), { timeoutMs: 30_000, what: '/readyz' });
    // its line may reach us after its answer
    const started = await waitFor(() => server.lines().find((line) => line['event'] === 'process.started'));
    expect(started).toMatchObject({ role: 'primary', port: server.port });
    expect(started['memoryMb']).toBeLessThan(300);
    const request = await openRequest(server.port);
    server.child.kill('SIGTERM');
    await waitFor(() => server.lines().some((line) => line['event'] === 'process.stopping'));
    await waitFor(
      () =>
        fetch(`${server.url}/healthz`).then(
          (answer) => answer.status === 503,
          () => true,
        ),
      {
        what: 'no new requests',
      },
    );
    expect(await request.finish()).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await exitOf(server.child)).toBe(0);
    expect(server.lines().at(-1)).toMatchObject({ event: 'process.stopped', isCutOff: false });
  });

  it('exits at once at a second signal', async () => {
    const server = await start();
    await waitFor(() => isReady(server), { timeoutMs: 30_000, what: '/readyz' });
    await openRequest(server.port);
    server.child.kill('SIGINT');
    await waitFor(() => server.lines().some((line) => line['event'] === 'process.stopping'));
    // one Ctrl-C may arrive twice, from the terminal and from npm: only a later one is a second
    server.child.kill('SIGINT');
    await sleep(1100);
    expect(server.child.exitCode).toBeNull();
    const asked = Date.now();
    server.child.kill('SIGINT');
    expect(await exitOf(server.child)).toBe(1);
    expect(Date.now() - asked).toBeLessThan(1000);
  });

  it.each([
    ['database', 'DATABASE_URL', () => database.urls.app],
    ['queue', 'HOLDFAST_QUEUE_DATABASE_URL', () => queues.urls.queue],
  ] as const)(
    'answers 503 while the %s is away, and starts when it comes',
    async (check, variable, urlOf) => {
      const target = new URL(urlOf());
      const port = await freePort();
      const through = new URL(target);
      through.port = String(port);
      through.hostname = '127.0.0.1';
      const server = await start({ [variable]: through.href });
      const what = 'the answer of a server that waits';
      await waitFor(async () => (await fetch(`${server.url}/healthz`)).status === 200, {
        timeoutMs: 20_000,
        what,
      });
      const { checks } = await readiness(server);
      expect(checks[check]).toMatchObject({ status: 'down', lastError: 'ECONNREFUSED' });
      const api = await fetch(`${server.url}/api/v1/me`);
      expect([api.status, api.headers.get('retry-after')]).toEqual([503, '5']);
      const proxy = await proxyTo(target, port);
      try {
        await waitFor(() => isReady(server), { timeoutMs: 30_000, what: '/readyz' });
        server.child.kill('SIGTERM');
        expect(await exitOf(server.child)).toBe(0);
      } finally {
        proxy.close();
      }
    },
  );
});
