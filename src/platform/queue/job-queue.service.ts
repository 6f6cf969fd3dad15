import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JobsOptions } from 'bullmq';
import { currentRequestId } from '../logging/index.js';
import { timedExternalCall } from '../metrics/index.js';
import { storedIdOf, type JobDefinition } from './job-definition.js';
import { JobRegistry } from './job-registry.js';
import { QueueConnection } from './queue-connection.js';
import { QueueUnavailable } from './queue.errors.js';

export interface JobOptions {
  /** Adding a job whose id is waiting, running, dead, or succeeded within `rememberMs`, changes nothing. */
  jobId?: string;
  /** Starts no earlier than so much later. */
  delayMs?: number;
  /** 1 (first) to 2,097,152; jobs without one come before all that have one. */
  priority?: number;
}

const DEAD_KEPT_SECONDS = 90 * 24 * 3600;

/** Adds jobs. */
@Injectable()
export class JobQueue {
  constructor(
    private readonly connection: QueueConnection,
    private readonly registry: JobRegistry,
  ) {}

  /**
   * @returns the job's id.
   * @throws QueueUnavailable (503) when the queue gives no answer after three quick attempts. Trying again is safe:
   * the id is the same, so the job stands there once. Work that must not get lost is written to the database first
   * and found again by a reconciler.
   */
  async add<Data extends object>(
    job: JobDefinition<Data> | string,
    data: Data,
    { jobId = randomUUID(), delayMs, priority }: JobOptions = {},
  ): Promise<string> {
    const definition = this.registry.find(typeof job === 'string' ? job : job.name);
    const envelope = { requestId: currentRequestId() ?? randomUUID(), data };
    const options: JobsOptions = {
      jobId: storedIdOf(jobId),
      attempts: definition.attempts,
      backoff: { type: 'exponential', delay: definition.backoffMs, jitter: 0.3 },
      removeOnComplete: definition.rememberMs === 0 ? true : { age: Math.ceil(definition.rememberMs / 1000) },
      removeOnFail: { age: DEAD_KEPT_SECONDS },
      stackTraceLimit: 1,
      ...(delayMs === undefined ? {} : { delay: delayMs }),
      ...(priority === undefined ? {} : { priority }),
    };
    const queue = this.connection.queue(definition.name);
    try {
      await timedExternalCall('queue.add', () => queue.add(definition.name, envelope, options), {
        timeoutMs: 3000,
        retries: 2,
        backoffMs: 150,
      });
    } catch (error) {
      throw new QueueUnavailable(error);
    }
    return jobId;
  }
}
