import { Injectable } from '@nestjs/common';
import type { Job } from 'bullmq';
import { InvalidInput } from '../errors/index.js';
import { isEnvelope, jobIdOf, storedIdOf, type JobEnvelope } from './job-definition.js';
import { JobRegistry } from './job-registry.js';
import { QueueConnection } from './queue-connection.js';
import { DeadJobNotFound, QueueUnavailable } from './queue.errors.js';

/** A job that failed for good. */
export interface DeadJob {
  /** `<job name>/<job id>` */
  id: string;
  job: string;
  requestId: string;
  attempts: number;
  reason: string;
  failedAt: string;
}

export interface DeadJobPage {
  data: DeadJob[];
  nextCursor: string | null;
}

interface Position {
  queue: number;
  offset: number;
}

/** The jobs that failed for good: they wait here until somebody looks. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly registry: JobRegistry,
    private readonly connection: QueueConnection,
  ) {}

  /** Queue by queue, in each the latest first. */
  async listDead(limit = 50, cursor: string | null = null): Promise<DeadJobPage> {
    const data: DeadJob[] = [];
    const names = this.registry.jobs().map(({ name }) => name);
    const { queue: first, offset: start } = cursor === null ? { queue: 0, offset: 0 } : positionOf(cursor);
    for (const [index, name] of [...names.entries()].slice(first)) {
      const offset = index === first ? start : 0;
      const wanted = limit - data.length;
      const found = await this.read(name, offset, wanted + 1);
      data.push(...found.slice(0, wanted));
      if (found.length > wanted)
        return { data, nextCursor: cursorOf({ queue: index, offset: offset + wanted }) };
    }
    return { data, nextCursor: null };
  }

  /** Gives it all its attempts again. @throws DeadJobNotFound */
  async retry(id: string): Promise<void> {
    const job = await this.find(id);
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  /** Takes it off the list, and frees its id. @throws DeadJobNotFound */
  async discard(id: string): Promise<void> {
    const job = await this.find(id);
    await job.remove();
  }

  private async read(name: string, offset: number, count: number): Promise<DeadJob[]> {
    const jobs = await orUnavailable(this.connection.queue(name).getFailed(offset, offset + count - 1));
    return jobs.map((job) => ({
      id: `${name}/${jobIdOf(job.id ?? '')}`,
      job: name,
      requestId: isEnvelope(job.data) ? job.data.requestId : '',
      attempts: job.attemptsMade,
      reason: job.failedReason,
      failedAt: new Date(job.finishedOn ?? job.timestamp).toISOString(),
    }));
  }

  private async find(id: string): Promise<Job<JobEnvelope>> {
    const at = id.indexOf('/');
    const name = id.slice(0, at);
    if (!this.registry.jobs().some((job) => job.name === name)) throw new DeadJobNotFound();
    const job = await orUnavailable(this.connection.queue(name).getJob(storedIdOf(id.slice(at + 1))));
    if (!job || (await job.getState()) !== 'failed') throw new DeadJobNotFound();
    return job;
  }
}

async function orUnavailable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new QueueUnavailable(error);
  }
}

const cursorOf = ({ queue, offset }: Position): string =>
  Buffer.from(`${queue}.${offset}`).toString('base64url');

function positionOf(cursor: string): Position {
  const found = /^(\d{1,6})\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!found) throw new InvalidInput([{ path: 'cursor', message: 'must be a nextCursor of this list' }]);
  return { queue: Number(found[1]), offset: Number(found[2]) };
}
