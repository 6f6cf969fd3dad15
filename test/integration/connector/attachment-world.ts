// A connector's world with files: a local store as the server keeps it, attachments in it, and uploads into the bucket.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BandwidthCap } from '../../../connector/attachments/bandwidth-cap.js';
import { BlobObjectStore } from '../../../connector/attachments/blob-object.store.js';
import { NAME_KEY_VERSION } from '../../../connector/attachments/blob-upload.js';
import { ObjectCollector } from '../../../connector/attachments/object-collector.js';
import { ObjectSweep } from '../../../connector/attachments/object-sweep.js';
import { TimeWindows } from '../../../connector/attachments/time-windows.js';
import {
  AttachmentUploader,
  type AttachmentUploaderOptions,
} from '../../../connector/attachments/uploader.js';
import { readControl } from '../../../connector/connector-control.js';
import { ConnectorDatabase } from '../../../connector/connector-database.js';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import { FileKeys, LocalFileReader, LocalFileStore } from '../../../src/platform/file-store/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  ConnectorKeyStore,
  keyFolders,
  ReplicaKeyStore,
  wrapKey,
} from '../../../src/replication/format/index.js';
import { AttachmentOpener } from '../../../src/replication/replica/index.js';
import { folderKind, type BucketKind } from '../bucket/bucket-kinds.js';
import { openWorld, TENANT, type ConnectorWorld } from './connector-world.js';

export const FILES_POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical }, attachments: { label: shareable } }
`;

export interface StoredBlob {
  blobId: string;
  storeName: string;
  dataKey: Buffer;
  sha256: Buffer;
  bytes: number;
}

export interface BlobRow {
  state: string;
  object_name: string | null;
  object_bytes: string | null;
  object_sha256: string | null;
  upload_id: string | null;
  error_code: string | null;
  attempts: number;
  referenced: boolean;
}

export interface AttachmentWorld extends ConnectorWorld {
  kind: BucketKind;
  storeFolder: string;
  /** into the local store, encrypted, with its row in files.blob */
  store(content: Buffer | Readable): Promise<StoredBlob>;
  /** as the server's granter does */
  grant(blob: StoredBlob): Promise<void>;
  revoke(blob: StoredBlob): Promise<void>;
  /** a record's file; stores and grants the content first where it is not a stored one */
  attach(
    account: string,
    content: Buffer | StoredBlob,
    more?: Record<string, unknown>,
  ): Promise<{ id: string; blob: StoredBlob }>;
  uploader(more?: Partial<AttachmentUploaderOptions>): Promise<AttachmentUploader>;
  upload(blob: StoredBlob, more?: Partial<AttachmentUploaderOptions>): Promise<BlobRow | undefined>;
  blobRow(blob: StoredBlob): Promise<BlobRow | undefined>;
  collector(keepBatches?: number, keepMs?: number): ObjectCollector;
  sweep(graceMs?: number): ObjectSweep;
  opener: AttachmentOpener;
  db: ConnectorDatabase;
  objects(): Promise<string[]>;
}

export const signal = new AbortController().signal;
export const fileOf = (bytes: number): Buffer => randomBytes(bytes);

/** @param of where its bucket is; in `bucketFolder` when left out */
export async function openAttachmentWorld(of?: BucketKind): Promise<AttachmentWorld> {
  const world = await openWorld(of === undefined ? {} : { openBucket: of.open });
  const kind = of ?? folderKind;
  const storeFolder = join(world.folder, 'files', 'store');
  const keys = await FileKeys.load(join(world.folder, 'files.key'), () => Promise.resolve(true));
  const files = new LocalFileStore(storeFolder, keys);
  const connectorKeys = new ConnectorKeyStore(keyFolders(world.folder).connector);
  const identity = await connectorKeys.fileIdentity();
  const replicaKeys = new ReplicaKeyStore(keyFolders(world.folder).replica('london'));
  const db = new ConnectorDatabase(world.database.urls.connector, () => undefined);

  const uploader = async (more: Partial<AttachmentUploaderOptions> = {}): Promise<AttachmentUploader> =>
    new AttachmentUploader({
      ...{ bucket: world.bucket, tenant: TENANT, identity: identity.identity, concurrency: 2 },
      store: new BlobObjectStore(db),
      files: new LocalFileReader(storeFolder),
      nameKey: await connectorKeys.blobNameKey(NAME_KEY_VERSION),
      keySeal: await connectorKeys.fileKeySeal(),
      cap: new BandwidthCap(null),
      windows: new TimeWindows([]),
      isPaused: async () => (await readControl(db)).isPaused,
      log: createLogger({ level: 'silent', name: 'test' }),
      ...more,
    });
  const blobRow = async ({ blobId }: StoredBlob) =>
    (await world.sql('SELECT * FROM replication.blob_object WHERE blob_id = $1', [blobId]))[0] as
      BlobRow | undefined;

  const store = async (content: Buffer | Readable): Promise<StoredBlob> => {
    const source = Buffer.isBuffer(content) ? Readable.from([content], { objectMode: false }) : content;
    const incoming = await files.receive(source, { maxBytes: 2 ** 42 });
    await incoming.place();
    const { storeName, bytes, sha256, wrappedKey, keyId } = incoming;
    const [row] = await world.sql(
      `INSERT INTO files.blob (id, sha256, bytes, store_name, wrapped_key, key_id)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, $5) ON CONFLICT (sha256) DO UPDATE SET wrapped_key = $4, key_id = $5
       RETURNING id`,
      [sha256, bytes, storeName, wrappedKey, keyId],
    );
    return {
      blobId: String(row?.id),
      storeName,
      dataKey: files.unwrap({ storeName }, incoming),
      sha256,
      bytes,
    };
  };
  const grant = async ({ blobId, storeName, bytes, sha256, dataKey }: StoredBlob): Promise<void> => {
    const wrapped = Buffer.from(await wrapKey(dataKey, [identity.recipient])).toString('base64');
    await world.sql(
      `INSERT INTO replication.file_grant (blob_id, store_name, bytes, sha256, wrapped_key, recipient)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [blobId, storeName, bytes, sha256, wrapped, identity.recipient],
    );
  };
  return {
    ...world,
    ...{ kind, storeFolder, db, store, grant, uploader, blobRow },
    revoke: async ({ blobId }) => {
      await world.sql('DELETE FROM replication.file_grant WHERE blob_id = $1', [blobId]);
    },
    attach: async (account, content, more = {}) => {
      const blob = Buffer.isBuffer(content) ? await store(content) : content;
      const id = await world.insert('crm.attachment', {
        ...{ record_type: 'account', record_id: account, name: 'offer.pdf', media_type: 'application/pdf' },
        ...{ bytes: blob.bytes, label: 'shareable', blob_id: blob.blobId },
        ...more,
      });
      await grant(blob);
      return { id, blob };
    },
    upload: async (blob, more) => {
      await (await uploader(more)).upload(blob.blobId, signal);
      return blobRow(blob);
    },
    collector: (keepBatches = 2, keepMs = 0) =>
      new ObjectCollector(db, world.bucket, { keepBatches, keepMs }),
    sweep: (graceMs = 0) => new ObjectSweep(db, world.bucket, graceMs),
    opener: new AttachmentOpener({
      bucket: world.bucket,
      tenant: TENANT,
      identities: async () => (await replicaKeys.recipients()).map((entry) => entry.identity),
      fileKey: (name) => Promise.resolve(world.reader.fileKeys.get(name) ?? null),
    }),
    objects: () => objectsUnder(world.bucket),
    end: async () => {
      await db.close();
      await world.end();
    },
  };
}

async function objectsUnder(bucket: Bucket): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of bucket.list('b/')) found.push(key);
  return found;
}

/** What a replica's row says of a file, from the text of the row as it travelled. */
export function sealedOf(row: string | undefined) {
  const parsed = JSON.parse(row ?? '{}') as Record<string, string | number | null>;
  const { bytes, object_name: objectName, object_bytes: objectBytes, object_sha256: objectSha256 } = parsed;
  return {
    bytes: Number(bytes),
    objectName: objectName as string | null,
    objectBytes: objectBytes as number | null,
    objectSha256: objectSha256 as string | null,
    state: parsed.object_state,
  };
}

export async function gather(source: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
