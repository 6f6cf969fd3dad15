import { Injectable, Logger, Optional } from '@nestjs/common';
import { safeError } from '../../platform/logging/index.js';
import { JobQueue } from '../../platform/queue/index.js';
import { grantFiles } from './grant.job.js';

/** Asks for the grants of some files to be looked at. An attachment never fails because the queue is away. */
@Injectable()
export class GrantRequests {
  private readonly logger = new Logger(GrantRequests.name);

  constructor(@Optional() private readonly queue?: JobQueue) {}

  async wanted(blobIds: string[]): Promise<void> {
    if (blobIds.length === 0 || !this.queue) return;
    try {
      await this.queue.add(grantFiles, { blobIds });
    } catch (error) {
      // the reconciler looks at all of them within the minute
      this.logger.warn({ event: 'files.grant-not-queued', error: safeError(error) });
    }
  }
}
