// Rows of attachments on a replica that follows a real publisher, the files behind them, and a signer who says something
// else of files than the rows do.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { keyFolders, ReplicaKeyStore, type Manifest } from '../../../src/replication/format/index.js';
import {
  AttachmentOpener,
  AttachmentPending,
  AttachmentRefused,
  fileKey,
  PINNED_ROOT_FILE,
  ReplicaFollower,
  type SealedAttachment,
} from '../../../src/replication/replica/index.js';
import { createReplicaDatabase, type TestDatabase } from '../../support/index.js';
import {
  FILES_POLICY,
  gather,
  openAttachmentWorld,
  type AttachmentWorld,
} from '../connector/attachment-world.js';
import { TENANT, type TestPublisher } from '../connector/connector-world.js';
import { openDatabases, openStage, type Databases, type Stage } from './premises.js';

describe('an attachment on a replica', () => {
  let world: AttachmentWorld;
  let lane: TestPublisher;
  let replica: TestDatabase;
  let pool: pg.Pool;
  let follower: ReplicaFollower;
  let account: string;
  let opener: AttachmentOpener;

  beforeAll(async () => {
    world = await openAttachmentWorld();
    replica = await createReplicaDatabase();
    await world.activate(FILES_POLICY);
    account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
    lane = await world.publisher();
    const keyFolder = keyFolders(world.folder).replica('london');
    await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
    const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
    pool = new pg.Pool({ connectionString: replica.urls.replicaApply, max: 3, options });
    pool.on('error', () => undefined); // `drop` ends idle connections from the server's side
    const log = createLogger({ level: 'silent', name: 'replica' });
    const keys = new ReplicaKeyStore(keyFolder);
    const { bucket } = world;
    opener = new AttachmentOpener({
      ...{ bucket, tenant: TENANT, identities: () => Promise.resolve([]) },
      fileKey: async (name) => fileKey(pool, await keys.fileKeySeal(), name),
    });
    follower = new ReplicaFollower({
      pool,
      bucket,
      keys,
      keyFolder,
      tenant: TENANT,
      name: 'london',
      floor: null,
      log,
    });
  });
  afterAll(async () => {
    await pool.end();
    await replica.drop();
    await world.end();
  });

  async function follow(): Promise<void> {
    await lane.settle();
    const { publisher, lease } = lane;
    const at = publisher.currentAsOf ?? new Date();
    await new Heartbeat(world.bucket, world.trust, 60_000).beat(
      await publisher.generations.current(),
      lease.epoch,
      at,
    );
    for (;;) {
      const outcome = await follower.step();
      if (outcome === 'failed')
        throw new Error(
          JSON.stringify(
            (await replica.admin.query('SELECT last_error FROM replication.replica_watch')).rows,
          ),
        );
      if (outcome === 'idle') return;
    }
  }

  async function rowOf(
    id: string,
  ): Promise<SealedAttachment & { objectState: string; blobId: string | null }> {
    const { rows } = await replica.admin.query<Record<string, string | null>>(
      'SELECT * FROM crm.attachment WHERE id = $1',
      [id],
    );
    const [row = {}] = rows;
    return {
      bytes: Number(row.bytes),
      objectName: row.object_name ?? null,
      objectBytes: row.object_bytes == null ? null : Number(row.object_bytes),
      objectSha256: row.object_sha256 ?? null,
      objectState: row.object_state ?? '',
      blobId: row.blob_id ?? null,
    };
  }

  it('is shown as pending, then opens whole and by range, then is gone', async () => {
    const content = randomBytes(900_000);
    const { id, blob } = await world.attach(account, content);
    await follow();
    const pending = await rowOf(id);
    expect(pending).toMatchObject({ objectState: 'pending', objectName: null, blobId: null });
    await expect(opener.open(pending)).rejects.toThrow(AttachmentPending);
    await world.upload(blob);
    await follow();
    const row = await rowOf(id);
    expect(row.objectState).toBe('available');
    expect((await gather(await opener.open(row))).equals(content)).toBe(true);
    const end = await gather(await opener.open(row, { start: 899_990 }));
    expect(end.equals(content.subarray(899_990))).toBe(true);
    const other = await world.attach(account, randomBytes(900_000));
    await world.upload(other.blob);
    await follow();
    const sealed = await world.bucket.get((await rowOf(other.id)).objectName ?? '');
    await world.bucket.put(row.objectName ?? '', sealed);
    await expect(opener.open(row)).rejects.toThrow(AttachmentRefused);
    await world.bucket.remove([row.objectName ?? '']);
    await expect(opener.open(row)).rejects.toThrow(AttachmentRefused);
    await world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [id]);
    await follow();
    expect((await replica.admin.query('SELECT 1 FROM crm.attachment WHERE id = $1', [id])).rowCount).toBe(0);
  });
});

describe('what a manifest says of files', () => {
  let databases: Databases;
  let stage: Stage;

  beforeAll(async () => {
    databases = await openDatabases();
    stage = await openStage(databases);
  });
  afterAll(async () => {
    await stage.close();
    await databases.drop();
  });

  it('is refused where the rows do not show it, and the state before stays', async () => {
    const nothing: Manifest['attachments'] = {
      available: 0,
      pending: 0,
      added: [],
      condemned: [],
      lists: [],
    };
    await stage.publisher.publish();
    expect(await stage.follower().step()).toBe('applied');
    const entry = { name: 'b/1/x-y', bytes: 500, sha256: 'ab'.repeat(32) };
    stage.publisher.forge = { manifest: { attachments: { ...nothing, available: 1, added: [entry] } } };
    await stage.publisher.publish();
    expect(await stage.follower().step()).toBe('failed');
    const { rows } = await stage.replica.admin.query<{ n: number }>(
      'SELECT n FROM replication.replica_state',
    );
    expect(rows).toEqual([{ n: 1 }]);
  });
});
