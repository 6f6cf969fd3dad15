import { BucketAdmission } from '../../connector/publish/bucket-admission.js';
import { PublishLane } from '../../connector/publish/publish-lane.js';
import { PublishLease } from '../../connector/publish/publish-lease.js';
import { Publisher } from '../../connector/publish/publisher.js';
import { Spool } from '../../connector/publish/spool.js';
import { ConnectorDatabase } from '../../connector/connector-database.js';
import type { Bucket } from '../../src/platform/bucket/index.js';
import { createLogger } from '../../src/platform/logging/index.js';
import type { FaultWorld } from './fault-world.js';

export interface RunningLane {
  lease: PublishLease;
  publisher: Publisher;
  spool: Spool;
  stop(): Promise<void>;
}

export interface LaneSettings {
  bucket?: Bucket;
  leaseMs?: number;
  maxBacklog?: number;
}

/** The connector's loop as its process runs it, with connections, lease and memory of its own. */
export function startLane(world: FaultWorld, settings: LaneSettings = {}): RunningLane {
  const { bucket = world.bucket, leaseMs = 2_000, maxBacklog = 1_000_000 } = settings;
  const { trust } = world;
  const db = new ConnectorDatabase(world.database.urls.connector, () => undefined);
  const lease = new PublishLease(db, leaseMs);
  const spool = new Spool(world.spoolFolder, 1_000_000_000);
  const publisher = new Publisher({ db, lease, bucket, trust, spool });
  const log = createLogger({ level: 'silent', name: 'lane' });
  const lane = new PublishLane({
    ...{ publisher, lease, db, bucket, spool, trust, log, leaseMs, maxBacklog },
    ...{ pollMs: 20, beatMs: 10_000, onGenerationLive: () => Promise.resolve() },
    admission: new BucketAdmission({ bucket, trust, log, purgeMayWait: false }),
  });
  lane.start();
  return {
    ...{ lease, publisher, spool },
    stop: async () => {
      await lane.stop();
      await db.close();
    },
  };
}

export interface LaneStatus {
  state: string;
  generation: number | null;
  n: number | null;
  backlog: number;
  errorCode: string | null;
}

/** What the status page shows of the lane. */
export async function laneStatus(world: FaultWorld): Promise<LaneStatus> {
  const [row] = await world.sql(
    `SELECT state, generation::int, n::int, backlog::int, last_error ->> 'code' AS "errorCode"
     FROM replication.connector_status`,
  );
  return row as unknown as LaneStatus;
}
