// PostgreSQL says which generations must still leave the bucket; the queue only carries the reminder. A queue that was
// flushed is filled again from here.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { JobQueue } from '../../src/platform/queue/index.js';
import { ConnectorDatabase } from '../connector-database.js';
import { purgeGenerations } from '../../src/replication/jobs/index.js';

const EVERY_MS = 15_000;
/** A publisher that was frozen may put a part of a purged generation when it wakes; nothing in PostgreSQL tells. */
const SWEEP_EVERY_MS = 3_600_000;

@Injectable()
export class PurgeReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweptAt = 0;

  constructor(
    private readonly db: ConnectorDatabase,
    private readonly queue: JobQueue,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.reconcile(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Never fails: the next look finds what this one could not queue. */
  async reconcile(): Promise<void> {
    const now = Date.now();
    try {
      const [owed] = await this.db.query<{ live: number }>(
        `SELECT g.id AS live FROM replication.generation g WHERE g.state = 'live' AND ($1 OR EXISTS (
           SELECT 1 FROM replication.generation o WHERE o.state = 'retired' AND o.id < g.id
             AND coalesce(o.purge_after, '-infinity') <= clock_timestamp()))`,
        [now - this.sweptAt >= SWEEP_EVERY_MS],
      );
      if (owed === undefined) return;
      await this.queue.add(purgeGenerations, owed, { jobId: `purge-below-${String(owed.live)}` });
      this.sweptAt = now;
    } catch (error) {
      this.log.warn({ event: 'purge.not-queued', err: error });
    }
  }
}
