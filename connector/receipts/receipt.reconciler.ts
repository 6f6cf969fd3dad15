// What was deleted and who has acknowledged it stands in PostgreSQL; a receipt is owed whenever that says more than the
// last one did. Nothing is lost where this is killed: the next look finds the same.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { AppConfig } from '../../src/platform/config/index.js';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { BUCKET_USE, CONNECTOR_BUCKET, type BucketUse } from '../connector.tokens.js';
import { ConnectorDatabase } from '../connector-database.js';
import { ConnectorTrust } from '../publish/index.js';
import { ReceiptMaker } from './receipt-maker.js';

const EVERY_MS = 10_000;

@Injectable()
export class ReceiptReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly maker: ReceiptMaker;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;

  constructor(
    db: ConnectorDatabase,
    trust: ConnectorTrust,
    config: AppConfig,
    @Inject(CONNECTOR_BUCKET) bucket: Bucket,
    @Inject(BUCKET_USE) private readonly use: BucketUse,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.maker = new ReceiptMaker({ db, bucket, trust, versionsMayRemain: config.bucket.purgeMayWait });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.reconcile().finally(() => {
        this.running = null;
      });
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Never fails: the next look finds what this one could not write. */
  private async reconcile(): Promise<void> {
    try {
      if (!(await this.use.isGiven())) return;
      for (const generation of await this.maker.run())
        this.log.info({ event: 'receipt.written', generation });
    } catch (error) {
      this.log.warn({ event: 'receipt.not-written', err: error });
    }
  }
}
