// A narrowed policy is only kept when the objects of the wider one are gone, so purging is work of its own: it is
// retried until it succeeds, and never delays the publishing of the new generation.
import { Inject, Injectable } from '@nestjs/common';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { JobHandler, type JobHandlerClass, type RunningJob } from '../../src/platform/queue/index.js';
import { BUCKET_USE, CONNECTOR_BUCKET, type BucketUse } from '../connector.tokens.js';
import { ConnectorDatabase } from '../connector-database.js';
import { purgeGenerationsBelow } from './purge-generations.js';
import { purgeGenerations } from './purge.job.js';

@JobHandler(purgeGenerations)
@Injectable()
export class PurgeWorker implements JobHandlerClass<{ live: number }> {
  constructor(
    private readonly db: ConnectorDatabase,
    @Inject(CONNECTOR_BUCKET) private readonly bucket: Bucket,
    @Inject(BUCKET_USE) private readonly use: BucketUse,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async handle({ id, data, signal }: RunningJob<{ live: number }>): Promise<void> {
    // Of an address that leads to somebody else's bucket, those would be somebody else's generations.
    if (!(await this.use.isGiven())) return;
    // The job may be older than the present: what is live is asked again, and nothing below a building one is touched.
    const rows = await this.db.query(
      `SELECT 1 FROM replication.generation WHERE id = $1 AND state = 'live'`,
      [data.live],
    );
    if (rows.length === 0) return;
    const objects = await purgeGenerationsBelow(this.bucket, data.live, signal);
    await this.db.query(
      `UPDATE replication.generation SET state = 'purged', purged_at = clock_timestamp() WHERE id < $1 AND state = 'retired'`,
      [data.live],
    );
    this.log.info({ event: 'purge.done', jobId: id, below: data.live, objects });
  }
}
