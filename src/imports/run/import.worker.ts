// Runs imports from the queue, and queues those again that a dead server or a lost queue left behind.
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobHandler, JobQueue, type JobHandlerClass, type RunningJob } from '../../platform/queue/index.js';
import { ImportAttempt } from './import.attempt.js';
import { ImportHolding } from './import.holding.js';
import { runImport } from './import.job.js';

const reconcileEveryMs = 10_000;
/** A job that died keeps its id taken; an import that waits gets one more in each period. */
const retryPeriodMs = 300_000;

@Injectable()
@JobHandler(runImport)
export class ImportWorker
  implements JobHandlerClass<{ importId: string }>, OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly logger = new Logger(ImportWorker.name);
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly attempt: ImportAttempt,
    private readonly holding: ImportHolding,
    private readonly queue: JobQueue,
  ) {}

  handle(job: RunningJob<{ importId: string }>): Promise<void> {
    return this.attempt.run(
      job.data.importId,
      job.requestId,
      AbortSignal.any([job.signal, this.stopping.signal]),
    );
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.reconcile(), reconcileEveryMs).unref();
    void this.reconcile();
  }

  /** The chunk in hand is finished and committed; the next server goes on from there. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  private async reconcile(): Promise<void> {
    try {
      const period = Math.floor(Date.now() / retryPeriodMs);
      for (const { id: importId, attempts } of await this.holding.abandoned())
        await this.queue.add(runImport, { importId }, { jobId: `${importId}.${attempts}.${period}` });
    } catch (error) {
      // database or queue are away; the readiness check says so, and the next round tries again
      this.logger.warn({
        event: 'imports.reconcile-failed',
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
