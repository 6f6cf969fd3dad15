import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { HealthRegistry } from '../health/index.js';
import { LOGGER, type Logger } from '../logging/index.js';
import { queueDepth } from '../metrics/index.js';
import { openQueueBackend, type JobsQueue, type QueueBackend } from './backend.js';
import { JobRegistry } from './job-registry.js';

const DEPTH_INTERVAL_MS = 15_000;

/** The process's one connection to its queues; made at start, after which it mends itself. */
@Injectable()
export class QueueConnection implements OnModuleInit, OnApplicationShutdown {
  private opened: QueueBackend | null = null;
  private readonly queues = new Map<string, JobsQueue>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly registry: JobRegistry,
    private readonly health: HealthRegistry,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.opened = await openQueueBackend(this.config.queue, this.registry.jobs().length, this.log);
    // Now, while the backend is known to answer: a queue whose first attempt to connect failed never tries again.
    for (const { name } of this.registry.jobs()) await this.queue(name).waitUntilReady();
    this.health.register('queue', () => this.backend.probe());
    this.timer = setInterval(() => void this.measure(), DEPTH_INTERVAL_MS).unref();
  }

  get backend(): QueueBackend {
    if (!this.opened) throw new TypeError('the queue is used before the application is initialised');
    return this.opened;
  }

  queue(name: string): JobsQueue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = this.backend.queue(this.registry.find(name).name);
      // Without a listener a lost connection would end the process; /readyz and failing adds tell about it.
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }

  async measure(): Promise<void> {
    for (const { name } of this.registry.jobs()) {
      try {
        const counts = await this.queue(name).getJobCounts(
          'wait',
          'active',
          'delayed',
          'prioritized',
          'failed',
        );
        for (const [state, count] of Object.entries(counts)) queueDepth.set({ job: name, state }, count);
      } catch (error) {
        this.log.debug({ event: 'queue.not-measured', job: name, err: error });
        return;
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
    await this.opened?.close();
  }
}
