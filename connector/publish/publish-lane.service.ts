import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { AppConfig } from '../../src/platform/config/index.js';
import { HealthRegistry } from '../../src/platform/health/index.js';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { CONNECTOR_BUCKET } from '../connector.tokens.js';
import { PurgeReconciler } from '../purge/index.js';
import { BucketAdmission } from './bucket-admission.js';
import { PublishLane } from './publish-lane.js';
import { PublishLease } from './publish-lease.js';
import { ConnectorDatabase } from '../connector-database.js';
import { Publisher } from './publisher.js';
import { Spool } from './spool.js';
import { ConnectorTrust } from './trust.js';

/** The lane's life within the process: made from the config, started with it, and ended in order. */
@Injectable()
export class PublishLaneService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private lane: PublishLane | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly db: ConnectorDatabase,
    private readonly health: HealthRegistry,
    private readonly purges: PurgeReconciler,
    private readonly admission: BucketAdmission,
    private readonly trust: ConnectorTrust,
    @Inject(CONNECTOR_BUCKET) private readonly bucket: Bucket,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    const { connector } = this.config;
    const { db, bucket, log, trust, admission } = this;
    const lease = new PublishLease(db, connector.leaseMs);
    const spool = new Spool(connector.spoolFolder, connector.spoolBytes);
    const listeners = [
      {
        onStep: (step: string, batch: object) => {
          log.debug({ event: `batch.${step}`, ...batch });
        },
      },
    ];
    const brake = { confirmationMs: connector.brakeConfirmationMs };
    const publisher = new Publisher({ db, lease, bucket, trust, spool, listeners, brake });
    const onGenerationLive = (): Promise<void> => this.purges.reconcile();
    const { pollMs, leaseMs, beatMs, paceMs, changeLogRows } = connector;
    const settings = { pollMs, leaseMs, beatMs, paceMs, maxBacklog: changeLogRows };
    this.lane = new PublishLane({
      publisher,
      lease,
      db,
      bucket,
      spool,
      trust,
      admission,
      log,
      onGenerationLive,
      ...settings,
    });
    this.health.register('database', () => db.query('SELECT 1'));
    this.health.register('bucket', () => bucket.head('beat.json'));
  }

  onApplicationBootstrap(): void {
    this.lane?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.lane?.stop();
  }
}
