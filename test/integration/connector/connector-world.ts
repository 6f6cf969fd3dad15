import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaneEvents, LaneListener } from '../../../connector/publish/lane-events.js';
import { PublishLease } from '../../../connector/publish/publish-lease.js';
import { Publisher, type PublisherOptions, type TurnOutcome } from '../../../connector/publish/publisher.js';
import { ConnectorDatabase } from '../../../connector/connector-database.js';
import { Spool } from '../../../connector/publish/spool.js';
import { KeptRoots, type RootShelf } from '../../../connector/publish/kept-roots.js';
import { ConnectorTrust, PINNED_ROOT_FILE } from '../../../connector/publish/trust.js';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import {
  createTenantKeys,
  keyFolders,
  manifestKey,
  ReplicaKeyStore,
  TrustChain,
  verifyManifest,
  type Manifest,
} from '../../../src/replication/format/index.js';
import { makeTempFolder } from '../../support/index.js';
import {
  openPolicyDatabase,
  type PolicyDatabase,
  type RunningPrimary,
} from '../replication/policy-database.js';
import { StrictReader } from './strict-reader.js';

export const TENANT = 'acme';

/** For a connector's trust without a database: only the bucket says what is newer. */
export const noShelf: RootShelf = {
  after: () => Promise.resolve([]),
  keep: () => Promise.resolve(),
  noteUse: () => Promise.resolve(),
};

/** One publisher of a world, as a process of its own would be: own connections, own lease, own memory. */
export interface TestPublisher {
  publisher: Publisher;
  lease: PublishLease;
  db: ConnectorDatabase;
  /** turns until the lane is quiet */
  settle(): Promise<TurnOutcome[]>;
  /** ends without a word, as kill -9 would */
  vanish(): Promise<void>;
}

/** A primary with a policy, a bucket, a spool, keys, and a reader that holds the replica's side of the contract. */
export interface ConnectorWorld extends PolicyDatabase {
  folder: string;
  /** of a bucket that is a folder */
  bucketFolder: string;
  bucket: Bucket;
  spoolFolder: string;
  trust: ConnectorTrust;
  /** where it keeps roots, whoever publishes */
  shelf: RootShelf;
  /** the pinned root of trust */
  rootObject: Buffer;
  reader: StrictReader;
  /** of the replica */
  identities: string[];
  readManifest(generation: number, n: number): Promise<Manifest>;
  publisher(options?: Partial<PublisherOptions> & { leaseMs?: number }): Promise<TestPublisher>;
  end(): Promise<void>;
}

export interface WorldOptions {
  /** a server that runs already and drops its database itself */
  primary?: RunningPrimary;
  /** a folder when left out */
  openBucket?: () => Promise<Bucket>;
}

export async function openWorld(options: WorldOptions = {}): Promise<ConnectorWorld> {
  const database = await openPolicyDatabase(options.primary);
  const folder = await makeTempFolder('connector');
  const bucketFolder = join(folder, 'bucket');
  const spoolFolder = join(folder, 'spool');
  const bucket = (await options.openBucket?.()) ?? openBucket(`file://${bucketFolder}`);
  const replicaKeys = new ReplicaKeyStore(keyFolders(folder).replica('london'));
  const { enrolment } = await replicaKeys.enrol(TENANT, 'london');
  const root = await createTenantKeys({ folder, tenant: TENANT, replicas: [enrolment] });
  await writeFile(join(keyFolders(folder).connector, PINNED_ROOT_FILE), root, { mode: 0o600 });
  const trustDb = new ConnectorDatabase(database.database.urls.connector, () => undefined);
  const shelf = new KeptRoots(trustDb);
  const trust = await ConnectorTrust.load(folder, TENANT, shelf);
  const identities = (await replicaKeys.recipients()).map((entry) => entry.identity);
  const reader = new StrictReader(bucket, TrustChain.pin(root, { tenant: TENANT }), identities);
  const open: TestPublisher[] = [];
  return {
    ...database,
    ...{ folder, bucketFolder, bucket, spoolFolder, trust, reader, rootObject: root, identities, shelf },
    readManifest: async (generation, n) =>
      verifyManifest(await bucket.get(manifestKey(generation, n)), TrustChain.pin(root, { tenant: TENANT }), {
        tenant: TENANT,
      }),
    publisher: async (options = {}) => {
      const made = await startPublisher({ database, bucket, spoolFolder, trust }, options);
      open.push(made);
      return made;
    },
    end: async () => {
      await trustDb.close();
      for (const { db } of open) await db.close().catch(() => undefined);
      await bucket.close();
      await database.close();
    },
  };
}

async function startPublisher(
  world: { database: PolicyDatabase; bucket: Bucket; spoolFolder: string; trust: ConnectorTrust },
  { leaseMs = 60_000, ...options }: Partial<PublisherOptions> & { leaseMs?: number },
): Promise<TestPublisher> {
  const db = new ConnectorDatabase(world.database.database.urls.connector, () => undefined);
  const lease = new PublishLease(db, leaseMs);
  const spool = new Spool(world.spoolFolder, 1_000_000_000);
  const publisher = new Publisher({ db, lease, spool, bucket: world.bucket, trust: world.trust, ...options });
  await lease.acquire();
  return {
    publisher,
    lease,
    db,
    settle: async () => {
      const outcomes: TurnOutcome[] = [];
      for (;;) {
        const outcome = await publisher.turn();
        outcomes.push(outcome);
        if (outcome !== 'published' && outcome !== 'moved-on') return outcomes;
      }
    },
    vanish: async () => {
      await world.database.sql(`UPDATE replication.lease SET expires_at = '-infinity'`);
      await db.close();
    },
  };
}

/** What a policy view shows now, in the text form that travels, by id. */
export async function viewContent(world: PolicyDatabase, type: string): Promise<Map<string, string>> {
  const { rows } = await world.connector.query<{ id: string; row: string }>(
    `SELECT v.id, row_to_json(v)::text AS row FROM cloud."${type}" v`,
  );
  return new Map(rows.map(({ id, row }) => [id, row]));
}

/** Ends the lane at a step, the way a crash would. */
export class Crash extends Error {}

export function crashAt(step: Parameters<LaneEvents['reach']>[0], n?: number): LaneListener {
  let isSpent = false;
  return {
    onStep: (reached, batch) => {
      if (isSpent || reached !== step || (n !== undefined && batch.n !== n)) return;
      isSpent = true;
      throw new Crash(`at ${step}`);
    },
  };
}
