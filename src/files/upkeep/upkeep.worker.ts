import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { safeError } from '../../platform/logging/index.js';
import { JobHandler, JobQueue, type JobHandlerClass } from '../../platform/queue/index.js';
import { FileUpkeep } from './file-upkeep.service.js';
import { upkeepFiles } from './upkeep.job.js';

const everyMs = 3_600_000;

@Injectable()
@JobHandler(upkeepFiles)
export class UpkeepWorker
  implements JobHandlerClass<Record<string, never>>, OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly logger = new Logger(UpkeepWorker.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly upkeep: FileUpkeep,
    private readonly queue: JobQueue,
  ) {}

  async handle(): Promise<void> {
    const result = await this.upkeep.run();
    this.logger.log({ event: 'files.upkeep', ...result });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.ask(), everyMs).unref();
    void this.ask();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async ask(): Promise<void> {
    try {
      await this.queue.add(upkeepFiles, {}, { jobId: `hour ${String(Math.floor(Date.now() / everyMs))}` });
    } catch (error) {
      // the queue is away, which the readiness check says; the next hour asks again
      this.logger.warn({ event: 'files.upkeep-not-queued', error: safeError(error) });
    }
  }
}
