import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ConfigError } from '../../../src/platform/config/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import { currentRequestId, runInRequest } from '../../../src/platform/logging/index.js';
import {
  DeadJobNotFound,
  DeadLetters,
  defineJob,
  JobHandler,
  JobQueue,
  JobWiringError,
  QueueModule,
  QueueUnavailable,
  UnrecoverableError,
  type JobHandlerClass,
  type RunningJob,
} from '../../../src/platform/queue/index.js';
import { startRedis, waitFor } from '../../support/index.js';
import { startServer, type RunningServer } from './http-server.js';
import { postgresBackend, redisBackend, type TestBackend } from './queue-backends.js';

interface Work {
  what: 'succeed' | 'fail-twice' | 'fail' | 'give-up' | 'hang' | 'linger';
}
interface Attempt {
  id: string;
  requestId: string;
  scopeId: string | undefined;
  at: number;
}

const worked = defineJob<Work>('test.work', { attempts: 3, backoffMs: 200, timeoutMs: 3000 });
const again = defineJob<Work>('test.again', { rememberMs: 0 });
const brief = defineJob<Work>('test.brief', { attempts: 1, timeoutMs: 100 });

let attempts: Attempt[] = [];
let aborted = 0;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

abstract class Worker implements JobHandlerClass<Work> {
  async handle({ id, data, requestId, attempt, signal }: RunningJob<Work>): Promise<void> {
    await pause(1);
    attempts.push({ id, requestId, scopeId: currentRequestId(), at: Date.now() });
    signal.addEventListener('abort', () => aborted++);
    if (data.what === 'hang') await pause(500);
    if (data.what === 'linger') await pause(800);
    if (data.what === 'give-up') throw new UnrecoverableError('the record is gone');
    const failsNow = data.what === 'fail' || (data.what === 'fail-twice' && attempt < 3);
    if (failsNow)
      throw Object.assign(new Error('insert into x values (s3cret)'), { code: '22P02', severity: 'ERROR' });
  }
}
@Injectable()
@JobHandler(worked)
class WorkedHandler extends Worker {}
@Injectable()
@JobHandler(again)
class AgainHandler extends Worker {}
@Injectable()
@JobHandler(brief)
class BriefHandler extends Worker {}

@Module({
  imports: [
    HealthModule,
    QueueModule.forRoot(),
    QueueModule.forFeature(worked, again),
    QueueModule.forFeature(brief),
  ],
  providers: [WorkedHandler, AgainHandler, BriefHandler],
})
class WorkModule {}

describe.each([
  ['Redis', redisBackend],
  ['PostgreSQL', postgresBackend],
] as const)('queues on %s', (_name, open) => {
  let backend: TestBackend;
  let server: RunningServer;
  let queue: JobQueue;
  let dead: DeadLetters;

  beforeAll(async () => {
    backend = await open();
    server = await startServer(WorkModule, { REDIS_URL: '', ...backend.env });
    queue = server.app.get(JobQueue);
    dead = server.app.get(DeadLetters);
  });
  afterAll(async () => {
    await server.close();
    await backend.stop();
  });
  beforeEach(() => {
    attempts = [];
    aborted = 0;
  });
  const attemptsOf = (id: string): Attempt[] => attempts.filter((attempt) => attempt.id === id);
  const sawAttempts = (id: string, count: number): Promise<unknown> =>
    waitFor(() => attemptsOf(id).length >= count, { what: `${count} attempts of ${id}` });
  const deadIds = async (): Promise<string[]> => (await dead.listDead(200)).data.map(({ id }) => id);

  it('carries the id of the request into the job', async () => {
    const id = await runInRequest('the-request', () => queue.add(worked, { what: 'succeed' }));
    await sawAttempts(id, 1);
    expect(attemptsOf(id)[0]).toMatchObject({ requestId: 'the-request', scopeId: 'the-request' });
    await waitFor(() => server.lines.some((line) => line['event'] === 'job.done' && line['jobId'] === id));
    expect(server.lines.find((line) => line['jobId'] === id)).toMatchObject({ requestId: 'the-request' });
  });

  it('tries again with a growing pause until it succeeds', async () => {
    const id = await queue.add(worked, { what: 'fail-twice' });
    await sawAttempts(id, 3);
    const [first, second, third] = attemptsOf(id).map(({ at }) => at);
    const pauses = [(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)];
    expect(pauses[0]).toBeGreaterThanOrEqual(130);
    expect(pauses[1]).toBeGreaterThanOrEqual(260);
    expect(await deadIds()).not.toContain(`test.work/${id}`);
  });

  it('lists what failed for good, says so once at error, and runs it again on request', async () => {
    const id = await queue.add(worked, { what: 'fail' }, { jobId: 'account:4711' });
    await waitFor(async () => (await deadIds()).includes(`test.work/${id}`), { what: 'the dead job' });
    expect(attemptsOf(id)).toHaveLength(3);
    const [job] = (await dead.listDead()).data;
    expect(job).toMatchObject({ id: 'test.work/account:4711', job: 'test.work', attempts: 3 });
    expect(JSON.stringify(job)).not.toContain('s3cret');
    const lines = server.lines.filter((line) => line['jobId'] === id);
    expect(lines.filter((line) => line['event'] === 'job.dead')).toHaveLength(1);
    expect(lines.filter((line) => line['event'] === 'job.failed')).toHaveLength(2);
    await dead.retry(`test.work/${id}`);
    await sawAttempts(id, 6);
    await waitFor(async () => (await deadIds()).includes(`test.work/${id}`));
    await dead.discard(`test.work/${id}`);
    await expect(dead.retry(`test.work/${id}`)).rejects.toThrow(DeadJobNotFound);
  });

  it('lists page after page', async () => {
    const added = await Promise.all([1, 2, 3, 4, 5].map(() => queue.add(brief, { what: 'give-up' })));
    await Promise.all([1, 2].map(() => queue.add(worked, { what: 'give-up' })));
    await waitFor(async () => (await deadIds()).length === 7, { what: 'seven dead jobs' });
    const seen: string[] = [];
    for (let cursor: string | null = null, pages = 0; pages === 0 || cursor !== null; pages++) {
      const page = await dead.listDead(2, cursor);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    for (const id of added) expect(seen).toContain(`test.brief/${id}`);
    await Promise.all(seen.map((id) => dead.discard(id)));
  });

  it('does not try again what cannot succeed', async () => {
    const id = await queue.add(worked, { what: 'give-up' });
    await waitFor(async () => (await deadIds()).includes(`test.work/${id}`));
    await pause(500);
    expect(attemptsOf(id)).toHaveLength(1);
    await dead.discard(`test.work/${id}`);
  });

  it('runs one job for one id, until the id is forgotten', async () => {
    for (let i = 0; i < 3; i++) await queue.add(worked, { what: 'succeed' }, { jobId: '42' });
    await sawAttempts('42', 1);
    await queue.add(worked, { what: 'succeed' }, { jobId: '42' });
    await queue.add(again, { what: 'succeed' }, { jobId: 'look' });
    await waitFor(() =>
      server.lines.some((line) => line['event'] === 'job.done' && line['jobId'] === 'look'),
    );
    await pause(200);
    await queue.add(again, { what: 'succeed' }, { jobId: 'look' });
    await sawAttempts('look', 2);
    expect(attemptsOf('42')).toHaveLength(1);
  });

  it('waits with a delayed job', async () => {
    const addedAt = Date.now();
    const id = await queue.add(worked, { what: 'succeed' }, { delayMs: 700 });
    await sawAttempts(id, 1);
    expect((attemptsOf(id)[0]?.at ?? 0) - addedAt).toBeGreaterThanOrEqual(690);
  });

  it('ends an attempt that takes too long', async () => {
    const id = await queue.add(brief, { what: 'hang' });
    await waitFor(async () => (await deadIds()).includes(`test.brief/${id}`));
    expect(aborted).toBe(1);
    await dead.discard(`test.brief/${id}`);
  });

  it('says 503 while the backend is away, and goes on by itself with what was added before', async () => {
    const before = await queue.add(worked, { what: 'succeed' }, { delayMs: 3000 });
    await backend.kill();
    const started = Date.now();
    await expect(queue.add(worked, { what: 'succeed' })).rejects.toThrow(QueueUnavailable);
    expect(Date.now() - started).toBeLessThan(12_000);
    // A check's result is good for a second.
    await waitFor(async () => (await fetch(`${server.url}/readyz`)).status === 503, { what: '503' });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await backend.restart();
    await waitFor(async () => (await fetch(`${server.url}/readyz`)).status === 200, { timeoutMs: 15_000 });
    const after = await queue.add(worked, { what: 'succeed' });
    await waitFor(() => attemptsOf(before).length === 1 && attemptsOf(after).length === 1, {
      what: 'both jobs after the restart',
      timeoutMs: 40_000,
    });
  });

  it('lets running jobs end before it stops', async () => {
    const other = await startServer(WorkModule, {
      REDIS_URL: '',
      ...backend.env,
      HOLDFAST_QUEUE_PREFIX: 'stopping',
    });
    const id = await other.app.get(JobQueue).add(worked, { what: 'linger' });
    await sawAttempts(id, 1);
    await other.close();
    expect(other.lines.filter((line) => line['event'] === 'job.done')).toHaveLength(1);
  });

  it('gives up on a job that outlasts the time of a stop', async () => {
    const other = await startServer(WorkModule, {
      REDIS_URL: '',
      ...backend.env,
      HOLDFAST_QUEUE_PREFIX: 'cut_off',
      HOLDFAST_HTTP_LIMITS_STOP_TIMEOUT_MS: '200',
    });
    const id = await other.app.get(JobQueue).add(worked, { what: 'linger' });
    await sawAttempts(id, 1);
    const started = Date.now();
    await other.close();
    expect(Date.now() - started).toBeLessThan(5000);
    expect(aborted).toBe(1);
  });
});

describe('at the start', () => {
  it('refuses a Redis that evicts keys', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    try {
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const start = startServer(WorkModule, { REDIS_URL: redis.url });
      await expect(start).rejects.toThrow(ConfigError);
      await expect(start).rejects.toThrow(/noeviction \(it has allkeys-lru/);
    } finally {
      client.disconnect();
      await redis.stop();
    }
  });

  it('refuses a job without a handler, with two, and a handler without a job', async () => {
    @Module({
      imports: [HealthModule, QueueModule.forRoot(), QueueModule.forFeature(worked, again)],
      providers: [WorkedHandler, BriefHandler, { provide: 'second', useClass: WorkedHandler }],
    })
    class BadModule {}
    const redis = await startRedis();
    try {
      const start = startServer(BadModule, { REDIS_URL: redis.url });
      await expect(start).rejects.toThrow(JobWiringError);
      await expect(start).rejects.toThrow(
        /test\.work has 2 handlers; test\.again has 0 handlers; test\.brief has a handler but is not declared/,
      );
    } finally {
      await redis.stop();
    }
  });
});
