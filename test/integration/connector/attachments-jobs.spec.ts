// The jobs as the connector makes them from its config: what they do not touch, how they stop, whom they seal to.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AttachmentServices } from '../../../connector/attachments/attachments.services.js';
import { AttachmentWorker, CollectWorker } from '../../../connector/attachments/index.js';
import { BucketAdmission, ConnectorTrust } from '../../../connector/publish/index.js';
import { PurgeWorker } from '../../../connector/purge/index.js';
import { AppConfig } from '../../../src/platform/config/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  encodeBlobHeader,
  keyFolders,
  ReplicaKeyStore,
  RootKeyStore,
  rootKey,
  TrustChain,
} from '../../../src/replication/format/index.js';
import { AttachmentOpener } from '../../../src/replication/replica/index.js';
import { waitFor } from '../../support/index.js';
import { fileKeysIn } from '../replication/canary-search.js';
import {
  FILES_POLICY,
  fileOf,
  gather,
  openAttachmentWorld,
  sealedOf,
  signal,
  type AttachmentWorld,
  type StoredBlob,
} from './attachment-world.js';
import { TENANT, type TestPublisher } from './connector-world.js';
import { StrictReader } from './strict-reader.js';

const MIB = 1024 * 1024;
const log = createLogger({ level: 'silent', name: 'test' });
let world: AttachmentWorld;
let lane: TestPublisher;
let account: string;

beforeEach(async () => {
  world = await openAttachmentWorld();
  await world.activate(FILES_POLICY);
  account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
  lane = await world.publisher();
});
afterEach(() => world.end());

/** What one process of the connector works with. */
async function startJobs(bytesPerSecond: number | null = null) {
  const { bucket, db } = world;
  const config = new AppConfig();
  Object.assign(config.tenant, { id: TENANT });
  Object.assign(config.keys, { folder: world.folder });
  Object.assign(config.files, { folder: join(world.folder, 'files') });
  Object.assign(config.connector.attachments, { bytesPerSecond });
  const trust = await ConnectorTrust.load(world.folder, TENANT, world.shelf);
  const admission = new BucketAdmission({ bucket, trust, purgeMayWait: false, log });
  const services = new AttachmentServices(config, db, admission, bucket, log);
  await services.onModuleInit();
  const job = { id: 'test', requestId: 'test', attempt: 1, signal };
  return {
    upload: ({ blobId }: StoredBlob) => new AttachmentWorker(services).handle({ ...job, data: { blobId } }),
    collect: () => new CollectWorker(services, log).handle({ ...job, data: { sweep: true } }),
    purge: (live: number) => new PurgeWorker(db, bucket, admission, log).handle({ ...job, data: { live } }),
    stop: () => {
      services.onModuleDestroy();
    },
  };
}

async function everythingIn(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, lastModified } of world.bucket.list(''))
    found.push(`${key} ${lastModified.toISOString()}`);
  for await (const { key } of world.bucket.listMultiparts('')) found.push(`upload of ${key}`);
  return found;
}

/** Sends the first part of a file, and is stopped while the cap holds the second one up for hours. */
async function uploadHalf(blob: StoredBlob) {
  const jobs = await startJobs(1024);
  const uploading = jobs.upload(blob);
  const hasSent = async () => {
    const [row] = await world.sql('SELECT sent_bytes FROM replication.blob_object');
    return Number(row?.sent_bytes) > 0;
  };
  await waitFor(hasSent, { what: 'the first part' });
  jobs.stop();
  await uploading;
  const row = await world.blobRow(blob);
  return { row, parts: await world.bucket.listParts(row?.object_name ?? '', row?.upload_id ?? '') };
}

async function rowOf(id: string) {
  await lane.settle();
  await world.reader.catchUp();
  return sealedOf(world.reader.rows('attachment').get(id));
}

describe('a process that is stopped', () => {
  it('leaves an upload that the bandwidth cap holds up, and the next one goes on with it', async () => {
    const content = fileOf(20 * MIB);
    const { id, blob } = await world.attach(account, content);
    const begun = await uploadHalf(blob);
    expect(begun.row).toMatchObject({ state: 'uploading', attempts: 0, error_code: null });
    expect(begun.parts).toHaveLength(1);
    await (await startJobs()).upload(blob);
    expect(await world.blobRow(blob)).toMatchObject({
      state: 'available',
      object_name: begun.row?.object_name,
    });
    expect((await gather(await world.opener.open(await rowOf(id)))).equals(content)).toBe(true);
  });
});

describe('an upload of a version that put the key into the header', () => {
  it('is not gone on with: it starts anew, and what was sent of it goes', async () => {
    const content = fileOf(20 * MIB);
    const { id, blob } = await world.attach(account, content);
    const begun = await uploadHalf(blob);
    await world.sql('UPDATE replication.blob_object SET sealed_data_key = NULL');
    const jobs = await startJobs();
    await jobs.upload(blob);
    expect(await world.blobRow(blob)).toMatchObject({
      ...{ state: 'failed', error_code: 'cannot-resume', upload_id: null, object_name: null },
    });
    expect((await everythingIn()).filter((each) => each.startsWith('upload'))).toEqual([]);
    await world.sql('UPDATE replication.blob_object SET retry_at = NULL');
    await jobs.upload(blob);
    const uploaded = await world.blobRow(blob);
    expect(uploaded?.state).toBe('available');
    expect(uploaded?.object_name).not.toBe(begun.row?.object_name);
    expect((await gather(await world.opener.open(await rowOf(id)))).equals(content)).toBe(true);
  });
});

describe('a plan of that version of which nothing was sent', () => {
  it('is not used with another key than the one in its header', async () => {
    const { id, blob } = await world.attach(account, fileOf(1000));
    await world.sql(
      `INSERT INTO replication.blob_object (blob_id, state, object_name, header, epoch)
       VALUES ($1, 'uploading', 'b/1/aa-bb', $2, 1)`,
      [blob.blobId, encodeBlobHeader({ tenant: TENANT, name: 'b/1/aa-bb' }, 1000, fileOf(200))],
    );
    const jobs = await startJobs();
    await jobs.upload(blob);
    expect(await world.blobRow(blob)).toMatchObject({ state: 'failed', error_code: 'cannot-resume' });
    await world.sql('UPDATE replication.blob_object SET retry_at = NULL');
    await jobs.upload(blob);
    expect(await gather(await world.opener.open(await rowOf(id)))).toHaveLength(1000);
  });
});

describe('replicas that change while a file is on its way', () => {
  it('do not hold it up: its key goes to the new ones and not to the old', async () => {
    const content = fileOf(20 * MIB);
    const { id, blob } = await world.attach(account, content);
    const begun = await uploadHalf(blob);
    const paris = new ReplicaKeyStore(keyFolders(world.folder).replica('paris'));
    const { name, key, recipient } = (await paris.enrol(TENANT, 'paris')).enrolment;
    const chain = TrustChain.pin(world.rootObject, { tenant: TENANT });
    const roots = new RootKeyStore(keyFolders(world.folder).root);
    const next = await roots.nextRoot(chain, { replicas: [{ name, key, recipient }] });
    await world.bucket.put(rootKey(2), next);

    const jobs = await startJobs();
    await jobs.upload(blob);
    const uploaded = await world.blobRow(blob);
    expect(uploaded).toMatchObject({ state: 'available', object_name: begun.row?.object_name });
    await world.trust.refresh(world.bucket);
    await lane.settle();
    chain.extend(next);
    const identities = (await paris.recipients()).map(({ identity }) => identity);
    const reader = new StrictReader(world.bucket, chain, identities);
    await reader.catchUp();
    const row = sealedOf(reader.rows('attachment').get(id));
    const opener = new AttachmentOpener({
      ...{ bucket: world.bucket, tenant: TENANT, identities: () => Promise.resolve(identities) },
      fileKey: (object) => Promise.resolve(reader.fileKeys.get(object) ?? null),
    });
    expect((await gather(await opener.open(row))).equals(content)).toBe(true);
    const london = await fileKeysIn(world.bucket, TENANT, world.identities);
    expect(london.has(row.objectName ?? '')).toBe(false);
  });
});

describe('a bucket that may not be used', () => {
  it('is neither written to nor cleared, whatever the jobs were asked', async () => {
    const first = await startJobs();
    const gone = await world.attach(account, fileOf(1000));
    await first.upload(gone.blob);
    await lane.settle();
    await world.activate('types: { account: }');
    await lane.settle();
    await world.revoke(gone.blob);
    await world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [gone.id]);
    await world.activate(FILES_POLICY);
    await lane.settle();
    const { blob } = await world.attach(account, fileOf(1000));
    const live = (await lane.publisher.generations.current())?.id ?? 0;
    expect(live).toBe(3);

    await world.bucket.put(rootKey(1), Buffer.from('{"tenant":"other"}'));
    const before = await everythingIn();
    const refused = await startJobs();
    await refused.upload(blob);
    await refused.collect();
    await refused.purge(live);
    expect(await everythingIn()).toEqual(before);
    expect(await world.blobRow(blob)).toBeUndefined();

    await world.bucket.put(rootKey(1), world.rootObject);
    const admitted = await startJobs();
    await admitted.upload(blob);
    await admitted.collect();
    await admitted.purge(live);
    expect(await world.objects()).toEqual([(await world.blobRow(blob))?.object_name]);
    expect((await everythingIn()).filter((each) => each.startsWith('m/00000001/'))).toEqual([]);
  });
});
