// Redis as companies run it: with accounts, with TLS under a CA of their own, behind sentinels, and losing everything.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { HealthModule } from '../../../src/platform/health/index.js';
import {
  DeadLetters,
  defineJob,
  JobHandler,
  JobQueue,
  QueueModule,
  type JobHandlerClass,
  type RunningJob,
} from '../../../src/platform/queue/index.js';
import { freePort, makeTempFolder, startRedis, waitFor, type TestRedis } from '../../support/index.js';
import { startServer, type RunningServer } from './http-server.js';

const counted = defineJob<object>('test.counted', { attempts: 2, backoffMs: 100 });
let done: string[] = [];

@Injectable()
@JobHandler(counted)
class CountedHandler implements JobHandlerClass<object> {
  handle({ id }: RunningJob<object>): Promise<void> {
    done.push(id);
    return Promise.resolve();
  }
}

@Module({
  imports: [HealthModule, QueueModule.forRoot(), QueueModule.forFeature(counted)],
  providers: [CountedHandler],
})
class CountedModule {}

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  done = [];
});

async function serve(redisUrl: string, env: Record<string, string> = {}): Promise<RunningServer> {
  const server = await startServer(CountedModule, { REDIS_URL: redisUrl, ...env });
  cleanUps.push(() => server.close());
  return server;
}

async function redisWith(options: Parameters<typeof startRedis>[0]): Promise<TestRedis> {
  const redis = await startRedis(options);
  cleanUps.push(() => redis.stop());
  return redis;
}

async function runsAJob(server: RunningServer, timeoutMs = 10_000): Promise<void> {
  const id = await server.app.get(JobQueue).add(counted, {});
  await waitFor(() => done.includes(id), { what: 'the job', timeoutMs });
}

describe('Redis with accounts', () => {
  it('is used with the user and password of the address', async () => {
    const { port } = await redisWith({ settings: { requirepass: 'of the administrator' } });
    const admin = new Redis({ port, password: 'of the administrator' });
    await admin.call('ACL', 'SETUSER', 'holdfast', 'on', '>of+the/queue', '~*', '&*', '+@all', '-flushall');
    admin.disconnect();
    await runsAJob(await serve(`redis://holdfast:${encodeURIComponent('of+the/queue')}@127.0.0.1:${port}`));
  });

  it('is refused at the start with a wrong password, which no message repeats', async () => {
    const { port } = await redisWith({ settings: { requirepass: 'the right one' } });
    const error: unknown = await startServer(CountedModule, {
      REDIS_URL: `redis://:guessed@127.0.0.1:${port}`,
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 5 })).not.toContain('guessed');
  });
});

/** A CA, and a certificate of it for 127.0.0.1. */
async function makeCertificates(): Promise<{ ca: string; cert: string; key: string }> {
  const folder = await makeTempFolder('redis-tls');
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  await writeFile(path('san'), 'subjectAltName=IP:127.0.0.1\n');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test CA',
    '-days',
    '2',
  );
  openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request', '-subj', '/CN=redis');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'request', '-out', 'cert.pem', ...signed);
  return { ca: path('ca.pem'), cert: path('cert.pem'), key: path('key.pem') };
}

describe('Redis with TLS', () => {
  it('is used when its CA is named, and not trusted when it is not', async () => {
    const { ca, cert, key } = await makeCertificates();
    const tlsPort = await freePort();
    const files = { 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': ca };
    await redisWith({ settings: { ...files, port: 0, 'tls-port': tlsPort, 'tls-auth-clients': 'no' } });
    const address = `rediss://127.0.0.1:${tlsPort}`;
    await expect(startServer(CountedModule, { REDIS_URL: address })).rejects.toThrow();
    await runsAJob(await serve(address, { HOLDFAST_QUEUE_REDIS_CA_FILE: ca }));
  });
});

async function startSentinel(master: TestRedis): Promise<number> {
  const port = await freePort();
  const file = join(await makeTempFolder('sentinel'), 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor crm 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds crm 500',
    'sentinel failover-timeout crm 3000',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child: ChildProcess = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  cleanUps.push(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return port;
}

describe('Redis behind a sentinel', () => {
  it('is found by its group, and again after the master was killed', async () => {
    const master = await redisWith({});
    const second = await redisWith({ settings: { replicaof: `127.0.0.1 ${master.port}` } });
    const sentinelPort = await startSentinel(master);
    const sentinel = new Redis({ port: sentinelPort });
    cleanUps.push(() => {
      sentinel.disconnect();
      return Promise.resolve();
    });
    await waitFor(
      async () => ((await sentinel.call('SENTINEL', 'REPLICAS', 'crm')) as unknown[]).length === 1,
      {
        what: 'the sentinel to know both',
        timeoutMs: 20_000,
      },
    );
    const server = await serve(`redis+sentinel://127.0.0.1:${sentinelPort}/crm`);
    await runsAJob(server);
    await master.kill();
    const isPromoted = async () => {
      const [, port] = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'crm')) as string[];
      return port === String(second.port);
    };
    await waitFor(isPromoted, { what: 'the failover', timeoutMs: 30_000 });
    await waitFor(async () => (await fetch(`${server.url}/readyz`)).status === 200, { timeoutMs: 20_000 });
    await runsAJob(server, 20_000);
  });
});

describe('Redis that loses everything', () => {
  it('serves new jobs at once after it was flushed, and after it came back empty', async () => {
    const port = await freePort();
    let redis = await startRedis({ port });
    cleanUps.push(() => redis.stop());
    const server = await serve(redis.url);
    await runsAJob(server);
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    await runsAJob(server);
    await redis.kill();
    redis = await startRedis({ port });
    await waitFor(async () => (await fetch(`${server.url}/readyz`)).status === 200, { timeoutMs: 20_000 });
    await runsAJob(server, 30_000);
  });
});

describe('jobs of another version of the program', () => {
  it('lie untouched where nobody knows their name, and leave the others alone', async () => {
    const redis = await redisWith({});
    const server = await serve(redis.url);
    const { Queue } = await import('bullmq');
    const old = new Queue('test.of-yesterday', { connection: { port: redis.port }, prefix: 'holdfast' });
    cleanUps.push(() => old.close());
    await old.add('test.of-yesterday', { anything: 1 });
    await runsAJob(server);
    expect(await old.getWaitingCount()).toBe(1);
  });

  it('end as dead letters where their shape is another one, and do not end the process', async () => {
    const redis = await redisWith({});
    const server = await serve(redis.url);
    const { Queue } = await import('bullmq');
    const raw = new Queue('test.counted', { connection: { port: redis.port }, prefix: 'holdfast' });
    cleanUps.push(() => raw.close());
    await raw.add('test.counted', null, { jobId: 'without-envelope' });
    await waitFor(async () => (await raw.getFailedCount()) === 1, {
      what: 'the dead letter',
      timeoutMs: 15_000,
    });
    const { data } = await server.app.get(DeadLetters).listDead();
    expect(data).toMatchObject([{ job: 'test.counted', reason: 'made by another version of Holdfast' }]);
    await runsAJob(server);
  });
});
