// A connector with files, a replica's database that follows it and opens them, and what both say of the keys.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { ReceiptMaker } from '../../../connector/receipts/index.js';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import {
  receiptKey,
  TrustChain,
  verifyReceipt,
  type Receipt,
} from '../../../src/replication/format/index.js';
import { AttachmentOpener, fileKey, type SealedAttachment } from '../../../src/replication/replica/index.js';
import { makeTempFolder } from '../../support/index.js';
import {
  FILES_POLICY,
  openAttachmentWorld,
  signal,
  type AttachmentWorld,
} from '../connector/attachment-world.js';
import { TENANT, type TestPublisher } from '../connector/connector-world.js';
import { beat, collectAcks, startFollower, type FollowingReplica } from './follower-world.js';

export interface FilesWorld {
  world: AttachmentWorld;
  lane: TestPublisher;
  replica: FollowingReplica;
  account(name: string): Promise<string>;
  /** an account's file, in the bucket */
  file(account: string, content: Buffer): Promise<string>;
  /** turns, a beat, what the replica applies, and its ack taken back */
  carry(): Promise<void>;
  /** a generation that is made anew, as an erasure asks for it, until the old one is gone and the receipt written */
  rebase(reason: string): Promise<Receipt>;
  /** with what the replica has: rows, kept keys and identities */
  opener(bucket?: Bucket): AttachmentOpener;
  row(id: string): Promise<SealedAttachment>;
  /** names of the objects whose key the replica keeps */
  keptKeys(): Promise<string[]>;
  identities(): Promise<string[]>;
  /** the bucket as it is now, for somebody who keeps copies */
  saveCopy(): Promise<Bucket>;
  end(): Promise<void>;
}

export async function openFilesWorld(): Promise<FilesWorld> {
  const world = await openAttachmentWorld();
  await world.activate(FILES_POLICY);
  const rebaseRules = { maxBatches: 1_000_000, graceMs: 0, pauseFactor: 0, lookEveryMs: 10_000 };
  const lane = await world.publisher({ rebaseRows: 5, rebaseRules });
  const replica = await startFollower(world);
  const pool = new pg.Pool({ connectionString: replica.database.urls.replicaApply, max: 2 });
  pool.on('error', () => undefined); // `drop` ends idle connections from the server's side
  const { keys, database } = replica;
  const identities = async () => (await keys.recipients()).map(({ identity }) => identity);
  const maker = new ReceiptMaker({
    ...{ db: lane.db, bucket: world.bucket, trust: world.trust, versionsMayRemain: false },
  });
  const carry = async (): Promise<void> => {
    await lane.settle();
    await beat(world, lane);
    await replica.catchUp();
    await collectAcks(world, lane);
  };
  return {
    ...{ world, lane, replica, identities, carry },
    account: (name) => world.insert('crm.account', { name, kind: 'customer', sector: 'retail' }),
    file: async (account, content) => {
      const { id, blob } = await world.attach(account, content);
      await world.upload(blob);
      return id;
    },
    rebase: async (reason) => {
      await world.sql(
        'INSERT INTO replication.generation_request (reason, purge_at_once) VALUES ($1, true)',
        [reason],
      );
      lane.publisher.rebaser.lookNow();
      await carry();
      await world.collector().collect(signal);
      const live = (await lane.publisher.generations.current())?.id ?? 0;
      const objects = await purgeGenerationsBelow(world.bucket, live, signal);
      await world.sql(
        `UPDATE replication.generation SET state = 'purged', purged_objects = $1, listed_at = clock_timestamp()
         WHERE id < $2 AND state <> 'purged'`,
        [objects, live],
      );
      await maker.run();
      const trust = TrustChain.pin(world.rootObject, { tenant: TENANT });
      return verifyReceipt(await world.bucket.get(receiptKey(live)), trust, { tenant: TENANT });
    },
    opener: (bucket = world.bucket) =>
      new AttachmentOpener({
        ...{ bucket, tenant: TENANT, identities },
        fileKey: async (name) => fileKey(pool, await keys.fileKeySeal(), name),
      }),
    row: async (id) => rowOf(database.admin, id),
    keptKeys: async () => {
      const { rows } = await database.admin.query<{ name: string }>(
        'SELECT name FROM replication.blob_key ORDER BY 1',
      );
      return rows.map(({ name }) => name);
    },
    saveCopy: async () => {
      const folder = join(await makeTempFolder('copy'), 'bucket');
      await cp(world.bucketFolder, folder, { recursive: true });
      return openBucket(`file://${folder}`);
    },
    end: async () => {
      await pool.end();
      await replica.stop();
      await world.end();
    },
  };
}

async function rowOf(admin: pg.Pool, id: string): Promise<SealedAttachment> {
  const { rows } = await admin.query<{
    bytes: string;
    object_name: string | null;
    object_bytes: string | null;
    object_sha256: string | null;
  }>('SELECT bytes, object_name, object_bytes, object_sha256 FROM crm.attachment WHERE id = $1', [id]);
  const [row] = rows;
  if (row === undefined) throw new Error('the replica has no such attachment');
  const { object_name: objectName, object_bytes: objectBytes, object_sha256: objectSha256 } = row;
  return {
    ...{ bytes: Number(row.bytes), objectName, objectSha256 },
    objectBytes: objectBytes === null ? null : Number(objectBytes),
  };
}
