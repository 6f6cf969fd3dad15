import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { openBucket, type Bucket } from '../src/platform/bucket/index.js';
import { AppConfig } from '../src/platform/config/index.js';
import { HealthModule } from '../src/platform/health/index.js';
import { LOGGER, type Logger } from '../src/platform/logging/index.js';
import { QueueModule } from '../src/platform/queue/index.js';
import {
  AttachmentReconciler,
  AttachmentServices,
  AttachmentWorker,
  CollectWorker,
} from './attachments/index.js';
import { collectObjects, purgeGenerations, uploadAttachment } from '../src/replication/jobs/index.js';
import { BUCKET_USE, CONNECTOR_BUCKET } from './connector.tokens.js';
import { ConnectorDatabase } from './connector-database.js';
import { BucketAdmission, ConnectorTrust, KeptRoots, PublishLaneService } from './publish/index.js';
import { PurgeReconciler, PurgeWorker } from './purge/index.js';
import { ReceiptReconciler } from './receipts/index.js';

/** The connector: it dials out only, and what it may read is decided by its database role. */
@Module({})
export class ConnectorModule implements OnApplicationShutdown {
  constructor(
    private readonly db: ConnectorDatabase,
    @Inject(CONNECTOR_BUCKET) private readonly bucket: Bucket,
  ) {}

  static forRoot(): DynamicModule {
    return {
      module: ConnectorModule,
      imports: [
        HealthModule,
        QueueModule.forRoot(),
        QueueModule.forFeature(purgeGenerations, uploadAttachment, collectObjects),
      ],
      providers: [
        { provide: CONNECTOR_BUCKET, inject: [AppConfig], useFactory: bucketOf },
        { provide: ConnectorDatabase, inject: [AppConfig, LOGGER], useFactory: databaseOf },
        { provide: ConnectorTrust, inject: [AppConfig, ConnectorDatabase], useFactory: trustOf },
        {
          provide: BucketAdmission,
          inject: [AppConfig, CONNECTOR_BUCKET, ConnectorTrust, LOGGER],
          useFactory: admissionOf,
        },
        { provide: BUCKET_USE, useExisting: BucketAdmission },
        PurgeReconciler,
        PurgeWorker,
        ReceiptReconciler,
        AttachmentServices,
        AttachmentWorker,
        CollectWorker,
        AttachmentReconciler,
        PublishLaneService,
      ],
    };
  }

  /** Last, when lane and jobs have ended. */
  async onApplicationShutdown(): Promise<void> {
    await this.db.close();
    await this.bucket.close();
  }
}

function databaseOf(config: AppConfig, log: Logger): ConnectorDatabase {
  return new ConnectorDatabase(config.database.url, (error) => {
    log.warn({ event: 'database.connection-lost', err: error });
  });
}

function trustOf({ keys, tenant }: AppConfig, db: ConnectorDatabase): Promise<ConnectorTrust> {
  return ConnectorTrust.load(keys.folder, tenant.id, new KeptRoots(db));
}

function admissionOf(config: AppConfig, bucket: Bucket, trust: ConnectorTrust, log: Logger): BucketAdmission {
  const { purgeMayWait } = config.bucket;
  return new BucketAdmission({ bucket, trust, purgeMayWait, log });
}

function bucketOf({ bucket }: AppConfig): Bucket {
  const { url, endpoint, region, forcePathStyle: pathStyle, accessKeyId, secretAccessKey } = bucket;
  return openBucket(url ?? '', {
    pathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(accessKeyId === null ? {} : { accessKeyId }),
    ...(secretAccessKey === null ? {} : { secretAccessKey }),
  });
}
