// PostgreSQL says which files are granted and not in the bucket; the queue only carries the reminder. A queue that was
// flushed is filled again from here.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { JobQueue } from '../../src/platform/queue/index.js';
import { ConnectorDatabase } from '../connector-database.js';
import { collectObjects, uploadAttachment } from '../../src/replication/jobs/index.js';
import { blobObjects } from './attachments.metrics.js';
import { AttachmentServices } from './attachments.services.js';
import { retireKeyedObjects } from './keyed-objects.js';

const EVERY_MS = 2_000;
/** Jobs in the queue at most; the rest is found at the next looks. */
const AT_ONCE = 200;
const HOUR_MS = 3_600_000;
const COUNT_EVERY_MS = 15_000;

@Injectable()
export class AttachmentReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private sweptAt = 0;
  private countedAt = 0;

  constructor(
    private readonly services: AttachmentServices,
    private readonly db: ConnectorDatabase,
    private readonly queue: JobQueue,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.reconcile(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Never fails: the next look finds what this one could not queue. */
  reconcile(): Promise<void> {
    this.running ??= this.look()
      .catch((error: unknown) => {
        this.log.warn({ event: 'attachments.not-queued', err: error });
      })
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  private async look(): Promise<void> {
    const now = Date.now();
    if (await this.services.mayUseBucket()) await this.queueWork(now);
    if (now - this.countedAt >= COUNT_EVERY_MS) await this.count(now);
  }

  private async queueWork(now: number): Promise<void> {
    // With the hour in it: a job that died for want of the database must not keep its file home for ever.
    const hour = String(Math.floor(now / HOUR_MS));
    if (this.services.windows.isOpen()) {
      const retired = await retireKeyedObjects(this.db);
      if (retired > 0) this.log.info({ event: 'attachments.sent-anew', files: retired });
      for (const { blobId, epoch } of await this.services.store.owed(AT_ONCE))
        await this.queue.add(uploadAttachment, { blobId }, { jobId: `${blobId}-${String(epoch)}-${hour}` });
    }
    const sweep = now - this.sweptAt >= HOUR_MS;
    if (sweep || (await this.services.collector.isOwed())) {
      await this.queue.add(collectObjects, { sweep }, { jobId: `${sweep ? 'sweep' : 'collect'}-${hour}` });
      if (sweep) this.sweptAt = now;
    }
  }

  private async count(now: number): Promise<void> {
    this.countedAt = now;
    const counts = await this.db.query<{ state: string; files: number }>(
      `SELECT coalesce(o.state, 'waiting') AS state, count(*)::int AS files FROM replication.file_grant g
       FULL JOIN replication.blob_object o ON o.blob_id = g.blob_id GROUP BY 1`,
    );
    blobObjects.reset();
    for (const { state, files } of counts) blobObjects.set({ state }, files);
  }
}
