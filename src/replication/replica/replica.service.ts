// Runs the follower beside the web server of a replica, from start to shutdown.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { openBucket, type Bucket } from '../../platform/bucket/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { sessionOptions } from '../../platform/database/index.js';
import { HealthRegistry } from '../../platform/health/index.js';
import { errorCodeOf, LOGGER, type Logger } from '../../platform/logging/index.js';
import { lookPauseMs, pause, retryPauseMs } from '../../platform/pauses/index.js';
import { comparePositions, keyFolders, parseFloor, ReplicaKeyStore, type Position } from '../format/index.js';
import { AttachmentOpener } from './attachment-opener.js';
import { fileKey } from './file-keys.js';
import { ReplicaFollower } from './replica-follower.js';
import { ReplicaStatus } from './replica-status.js';
import { replicaLagSeconds, replicaPosition, replicaRefusing } from './replica.metrics.js';

const LONGEST_PAUSE_MS = 30_000;

@Injectable()
export class ReplicaService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly pool: pg.Pool;
  private readonly bucket: Bucket;
  private readonly floor: Position | null;
  private readonly keys: ReplicaKeyStore;
  private readonly keyFolder: string;
  /** opens the files of attachments */
  readonly attachments: AttachmentOpener;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly status: ReplicaStatus,
    health: HealthRegistry,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.pool = new pg.Pool({
      connectionString: config.database.applyUrl ?? config.database.url,
      application_name: 'holdfast replica apply',
      max: 3,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // A first snapshot takes as long as it takes; it ends with the connection where this process ends.
      options: sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 }),
    });
    this.pool.on('error', (error) => {
      this.log.warn({ event: 'replica.connection_lost', code: errorCodeOf(error) });
    });
    this.bucket = openReplicaBucket(config);
    this.keyFolder = keyFolders(config.keys.folder).replica(config.replica.name);
    this.keys = new ReplicaKeyStore(this.keyFolder);
    this.attachments = new AttachmentOpener({
      bucket: this.bucket,
      tenant: config.tenant.id,
      identities: async () => (await this.keys.recipients()).map(({ identity }) => identity),
      fileKey: async (name) => fileKey(this.pool, await this.keys.fileKeySeal(), name),
    });
    this.floor = config.replica.floor === null ? null : parseFloor(config.replica.floor);
    // A stale state is still served: only a replica that has nothing to show, or less than its floor, is not ready.
    health.register('replica', () => this.assertServing());
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.pool.end();
    await this.bucket.close();
  }

  private async run(): Promise<void> {
    const follower = this.createFollower();
    let failures = 0;
    let quietLooks = 0;
    while (!this.stopping.signal.aborted) {
      const outcome = await follower.step();
      failures = outcome === 'failed' ? failures + 1 : 0;
      await this.publishStatus();
      quietLooks = outcome === 'applied' ? 0 : quietLooks + 1;
      if (outcome !== 'applied') await pause(this.pauseMs(failures, quietLooks), this.stopping.signal);
    }
  }

  private createFollower(): ReplicaFollower {
    const { config, pool, bucket, floor, log, keys, keyFolder } = this;
    return new ReplicaFollower({
      pool,
      bucket,
      keys,
      keyFolder,
      tenant: config.tenant.id,
      name: config.replica.name,
      floor,
      log,
    });
  }

  private async publishStatus(): Promise<void> {
    try {
      await this.status.refresh(this.pool);
    } catch (error) {
      this.log.warn({ event: 'replica.status_unreadable', code: errorCodeOf(error) });
      return;
    }
    replicaLagSeconds.set((this.status.lagMs ?? 0) / 1000);
    replicaPosition.set({ of: 'generation' }, this.status.generation);
    replicaPosition.set({ of: 'n' }, this.status.appliedN);
    replicaRefusing.set(this.status.view().lastError === null ? 0 : 1);
  }

  private pauseMs(failures: number, quietLooks: number): number {
    const { pollMs } = this.config.replica;
    return failures === 0
      ? lookPauseMs(quietLooks - 1, pollMs)
      : retryPauseMs(failures, pollMs, LONGEST_PAUSE_MS);
  }

  private assertServing(): Promise<void> {
    const position = { generation: this.status.generation, n: this.status.appliedN };
    if (position.generation === 0) return Promise.reject(new ReplicaNotServing('replica.empty'));
    if (this.floor !== null && comparePositions(position, this.floor) < 0) {
      return Promise.reject(new ReplicaNotServing('replica.below_floor'));
    }
    return Promise.resolve();
  }
}

class ReplicaNotServing extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

function openReplicaBucket(config: AppConfig): Bucket {
  const { url, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle } = config.bucket;
  return openBucket(url ?? '', {
    pathStyle: forcePathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(accessKeyId === null ? {} : { accessKeyId }),
    ...(secretAccessKey === null ? {} : { secretAccessKey }),
  });
}
