// A narrowed policy is only kept when the objects of the wider one are gone, so purging is work of its own: it is
// retried until it succeeds, and never delays the publishing of the new generation.
import { Inject, Injectable } from '@nestjs/common';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { JobHandler, type JobHandlerClass, type RunningJob } from '../../src/platform/queue/index.js';
import { BUCKET_USE, CONNECTOR_BUCKET, type BucketUse } from '../connector.tokens.js';
import { ConnectorDatabase } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import { PartSweep } from './part-sweep.js';
import { countGenerationsBelow, purgeGenerationsBelow } from './purge-generations.js';
import { purgeGenerations } from '../../src/replication/jobs/index.js';

/**
 * The live generation, or the oldest one that was compacted away a moment ago: readers that are on their way through it
 * may finish, until its time is up.
 */
const LOWEST_TO_KEEP = `
  SELECT least(g.id, (SELECT min(o.id) FROM replication.generation o
    WHERE o.state = 'retired' AND o.id < g.id AND o.purge_after > clock_timestamp())) AS below
  FROM replication.generation g WHERE g.id = $1 AND g.state = 'live'`;

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
    const [due] = await this.db.query<{ below: number }>(LOWEST_TO_KEEP, [data.live]);
    if (due === undefined) return;
    const objects = await purgeGenerationsBelow(this.bucket, due.below, signal);
    await this.note(due.below, objects, signal);
    const parts = await new PartSweep(this.db, this.bucket).run(signal);
    this.log.info({ event: 'purge.done', jobId: id, below: due.below, objects, parts });
  }

  /** What the bucket's own listing says now; where it still shows something, the job is tried again. */
  private async note(below: number, objects: number, signal: AbortSignal): Promise<void> {
    const left = await countGenerationsBelow(this.bucket, below, signal);
    if (left > 0)
      throw new ConnectorError(
        'purge-incomplete',
        `${String(left)} objects are still listed after their deletion.`,
      );
    await this.db.query(
      `UPDATE replication.generation SET state = 'purged', purged_at = clock_timestamp(), listed_at = clock_timestamp(),
         purged_objects = CASE WHEN id = (SELECT max(o.id) FROM replication.generation o
           WHERE o.id < $1 AND o.state = 'retired') THEN $2::bigint ELSE 0 END
       WHERE id < $1 AND state = 'retired'`,
      [below, objects],
    );
  }
}
