import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { UnrecoverableError, type Job } from 'bullmq';
import { AppConfig } from '../config/index.js';
import { errorCodeOf, LOGGER, runInRequest, safeError, type Logger } from '../logging/index.js';
import { jobDuration, jobsDead } from '../metrics/index.js';
import type { JobsWorker } from './backend.js';
import { isEnvelope, jobIdOf, type JobEnvelope } from './job-definition.js';
import { JobRegistry, type HandledJob } from './job-registry.js';
import { QueueConnection } from './queue-connection.js';
import { JobTimeout } from './queue.errors.js';

/** A crashed worker's job is taken over after this; one that kills its workers four times is dead. */
const LOCK_MS = 30_000;
const MOST_STALLS = 3;
const RECONNECT_PAUSE_MS = 1000;

/** Runs the jobs that this process handles, and drains them at a stop. */
@Injectable()
export class JobWorkers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly workers: JobsWorker[] = [];
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly registry: JobRegistry,
    private readonly connection: QueueConnection,
    private readonly config: AppConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    for (const handled of this.registry.handled()) this.workers.push(this.start(handled));
  }

  /** Takes no further job, waits for the running ones, and gives up on those that outlast the stop's time. */
  async beforeApplicationShutdown(): Promise<void> {
    const { stopTimeoutMs } = this.config.http.limits;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
      }, stopTimeoutMs);
    });
    const drained = Promise.allSettled(this.workers.map((worker) => worker.close()));
    if ((await Promise.race([drained, tooLate])) === 'late') {
      this.log.warn({ event: 'queue.drain-cut-off', jobs: this.running.size, afterMs: stopTimeoutMs });
      for (const controller of this.running) controller.abort();
      // Their locks run out and another worker takes them over.
      await Promise.allSettled(this.workers.map((worker) => worker.close(true)));
    }
    clearTimeout(timer);
  }

  private start(handled: HandledJob): JobsWorker {
    const run = async (job: Job<JobEnvelope>): Promise<void> => {
      if (!isEnvelope(job.data)) throw new UnrecoverableError('made by another version of Holdfast');
      await runInRequest(job.data.requestId, () => this.attempt(handled, job));
    };
    const worker = this.connection.backend.worker(handled.job.name, run, {
      concurrency: this.config.queue.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      maxStalledCount: MOST_STALLS,
      runRetryDelay: RECONNECT_PAUSE_MS,
    });
    worker.on('error', (error) => {
      this.log.debug({ event: 'queue.worker-failed', job: handled.job.name, code: errorCodeOf(error) });
    });
    worker.on('failed', (job, error) => {
      this.tellFailure(handled.job.name, job, error);
    });
    return worker;
  }

  private async attempt({ job: definition, handler }: HandledJob, job: Job<JobEnvelope>): Promise<void> {
    const { requestId, data } = job.data;
    const controller = new AbortController();
    this.running.add(controller);
    const stop = jobDuration.startTimer({ job: definition.name });
    const id = jobIdOf(job.id ?? '');
    try {
      const work = handler.handle({
        id,
        data,
        requestId,
        attempt: job.attemptsMade + 1,
        signal: controller.signal,
      });
      await within(work, definition.timeoutMs, definition.name, controller);
      const durationMs = Math.round(stop({ outcome: 'ok' }) * 1000);
      this.log.info({ event: 'job.done', job: definition.name, jobId: id, durationMs });
    } catch (error) {
      stop({ outcome: 'error' });
      this.log.debug({ event: 'job.attempt-failed', job: definition.name, jobId: id, err: error });
      throw storable(error);
    } finally {
      this.running.delete(controller);
    }
  }

  /** Once per failure: a warning while another attempt follows, an error when it was the last. */
  private tellFailure(name: string, job: Job<JobEnvelope> | undefined, error: Error): void {
    const isDead = !job || job.finishedOn !== undefined;
    if (isDead) jobsDead.inc({ job: name });
    this.log[isDead ? 'error' : 'warn']({
      event: isDead ? 'job.dead' : 'job.failed',
      job: name,
      jobId: job?.id === undefined ? null : jobIdOf(job.id),
      requestId: isEnvelope(job?.data) ? job.data.requestId : undefined,
      attempt: job?.attemptsMade,
      reason: error.message,
    });
  }
}

async function within(
  work: Promise<void>,
  timeoutMs: number,
  name: string,
  controller: AbortController,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new JobTimeout(name, timeoutMs));
      controller.abort();
    }, timeoutMs);
  });
  try {
    await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** What may stand in the queue about a failure: no values out of a driver's message, no stack. */
function storable(error: unknown): Error {
  const { message, code } = safeError(error);
  const text = code === undefined || message.includes(code) ? message : `${code}: ${message}`;
  const isFinal = error instanceof Error && error.name === 'UnrecoverableError';
  const stored = isFinal ? new UnrecoverableError(text) : new Error(text);
  delete stored.stack;
  return stored;
}
