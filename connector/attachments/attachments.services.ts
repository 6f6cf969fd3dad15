import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { AppConfig, fileStoreFolderOf } from '../../src/platform/config/index.js';
import { LocalFileReader } from '../../src/platform/file-store/index.js';
import { LOGGER, type Logger } from '../../src/platform/logging/index.js';
import { ConnectorKeyStore, keyFolders } from '../../src/replication/format/index.js';
import { readControl } from '../connector-control.js';
import { ConnectorDatabase } from '../connector-database.js';
import { BUCKET_USE, CONNECTOR_BUCKET, type BucketUse } from '../connector.tokens.js';
import { BandwidthCap } from './bandwidth-cap.js';
import { BlobObjectStore } from './blob-object.store.js';
import { NAME_KEY_VERSION } from './blob-upload.js';
import { ObjectCollector } from './object-collector.js';
import { ObjectSweep } from './object-sweep.js';
import { TimeWindows } from './time-windows.js';
import { AttachmentUploader } from './uploader.js';

/** Before an object that no table knows is removed; also covers clocks that differ a little. */
const ORPHAN_GRACE_MS = 3_600_000;

/** What the jobs work with, made once from the config. */
@Injectable()
export class AttachmentServices implements OnModuleInit, OnModuleDestroy {
  readonly store: BlobObjectStore;
  readonly windows: TimeWindows;
  readonly collector: ObjectCollector;
  readonly sweep: ObjectSweep;
  private readonly stopping = new AbortController();
  private made: AttachmentUploader | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly db: ConnectorDatabase,
    @Inject(BUCKET_USE) private readonly use: BucketUse,
    @Inject(CONNECTOR_BUCKET) private readonly bucket: Bucket,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const { windows, keepBatches, keepMs } = config.connector.attachments;
    this.store = new BlobObjectStore(db);
    this.windows = new TimeWindows(windows);
    this.collector = new ObjectCollector(db, bucket, { keepBatches, keepMs });
    this.sweep = new ObjectSweep(db, bucket, ORPHAN_GRACE_MS);
  }

  get uploader(): AttachmentUploader {
    if (this.made === null) throw new RangeError('the keys are not loaded yet');
    return this.made;
  }

  /** Aborted when the process is to stop: an upload ends between two parts, and whoever comes next goes on with it. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Before anything is sent to the bucket or removed from it. */
  mayUseBucket(): Promise<boolean> {
    return this.use.isGiven();
  }

  async onModuleInit(): Promise<void> {
    const { config, bucket, store, windows, log } = this;
    const { bytesPerSecond, concurrency } = config.connector.attachments;
    const keys = new ConnectorKeyStore(keyFolders(config.keys.folder).connector);
    this.made = new AttachmentUploader({
      ...{ store, bucket, windows, concurrency, log, tenant: config.tenant.id },
      files: new LocalFileReader(fileStoreFolderOf(config)),
      identity: (await keys.fileIdentity()).identity,
      nameKey: await keys.blobNameKey(NAME_KEY_VERSION),
      keySeal: await keys.fileKeySeal(),
      cap: new BandwidthCap(bytesPerSecond),
      isPaused: async () => (await readControl(this.db)).isPaused,
    });
  }

  /** Before the queue waits for its running jobs: one that is held up by the bandwidth cap would take hours to end. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }
}
