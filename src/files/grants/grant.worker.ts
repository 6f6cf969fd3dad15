import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { safeError } from '../../platform/logging/index.js';
import { JobHandler, JobQueue, type JobHandlerClass, type RunningJob } from '../../platform/queue/index.js';
import { FileGrants } from './file-grants.service.js';
import { grantFiles } from './grant.job.js';

const policyLookMs = 2_000;
const reconcileMs = 60_000;

/**
 * Runs the grants' job, and asks for a look at all files when another policy comes into force and once a minute: what
 * a record's change selects or leaves out, and what the queue lost, is found then.
 */
@Injectable()
@JobHandler(grantFiles)
export class GrantWorker
  implements JobHandlerClass<{ blobIds: string[] }>, OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly logger = new Logger(GrantWorker.name);
  private timer: NodeJS.Timeout | undefined;
  private seenPolicy: string | null = null;
  private askedAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly grants: FileGrants,
    private readonly queue: JobQueue,
  ) {}

  async handle({ data, signal }: RunningJob<{ blobIds: string[] }>): Promise<void> {
    const changes = await this.grants.reconcile(data.blobIds.length > 0 ? data.blobIds : null, signal);
    if (changes.granted + changes.revoked > 0) this.logger.log({ event: 'files.grants', ...changes });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), policyLookMs).unref();
    void this.look();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const [policy] = await query<{ version: number; hash: string }>(
        this.dataSource,
        'SELECT version, hash FROM replication.active_policy',
      );
      const seen = policy ? `${String(policy.version)} ${policy.hash}` : '';
      if (seen === this.seenPolicy && Date.now() - this.askedAt < reconcileMs) return;
      // Several servers ask, and a job that died keeps its id: one id for all of them in each minute and policy.
      const minute = String(Math.floor(Date.now() / reconcileMs));
      await this.queue.add(grantFiles, { blobIds: [] }, { jobId: `all ${minute} ${seen}` });
      this.seenPolicy = seen;
      this.askedAt = Date.now();
    } catch (error) {
      // database or queue are away; the readiness check says so, and the next look tries again
      this.logger.warn({ event: 'files.grants-not-looked-at', error: safeError(error) });
    }
  }
}
