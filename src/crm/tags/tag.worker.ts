// Runs renames and removals of tags from the queue, and takes up again what a dead server or a lost queue left behind.
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobHandler, JobQueue, type JobHandlerClass, type RunningJob } from '../../platform/queue/index.js';
import { rewriteTags } from './tag.job.js';
import { TagRewriter } from './tag.rewriter.js';
import { TagStore } from './tag.store.js';

const reconcileEveryMs = 60_000;

@Injectable()
@JobHandler(rewriteTags)
export class TagWorker
  implements JobHandlerClass<{ changeId: string }>, OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly logger = new Logger(TagWorker.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rewriter: TagRewriter,
    private readonly store: TagStore,
    private readonly queue: JobQueue,
  ) {}

  handle(job: RunningJob<{ changeId: string }>): Promise<void> {
    return this.rewriter.run(job.requestId, AbortSignal.any([job.signal, this.stopping.signal]));
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.reconcile(), reconcileEveryMs).unref();
    void this.reconcile();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopping.abort();
  }

  private async reconcile(): Promise<void> {
    try {
      const [oldest] = await this.store.unfinished();
      const period = Math.floor(Date.now() / reconcileEveryMs);
      if (oldest)
        await this.queue.add(rewriteTags, { changeId: oldest.id }, { jobId: `${oldest.id}.${period}` });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.logger.warn({ event: 'tags.reconcile-failed', error: message });
    }
  }
}
