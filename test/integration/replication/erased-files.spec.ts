// What an erasure leaves of files: those that stay open after it without being sent again, and of the one that went neither
// the bucket, nor a copy of it from before, nor the replica has a key.
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retireKeyedObjects } from '../../../connector/attachments/keyed-objects.js';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import { encodeBlobHeader, sealBlob, TrustChain, wrapKey } from '../../../src/replication/format/index.js';
import { databaseText, fileKeysIn, openedFiles } from './canary-search.js';
import { gather, sealedOf, signal } from '../connector/attachment-world.js';
import { TENANT } from '../connector/connector-world.js';
import { StrictReader } from '../connector/strict-reader.js';
import { openFilesWorld, type FilesWorld } from './files-world.js';

let made: FilesWorld;
beforeEach(async () => {
  made = await openFilesWorld();
});
afterEach(() => made.end());

/** Names of the sealed files that are sent while `work` runs. */
async function filesSent(bucket: Bucket, work: () => Promise<unknown>): Promise<string[]> {
  const found: string[] = [];
  const put = bucket.put.bind(bucket);
  const createMultipart = bucket.createMultipart.bind(bucket);
  const note = (key: string) => {
    if (key.startsWith('b/')) found.push(key);
  };
  bucket.put = (key, ...rest) => {
    note(key);
    return put(key, ...rest);
  };
  bucket.createMultipart = (key, ...rest) => {
    note(key);
    return createMultipart(key, ...rest);
  };
  try {
    await work();
  } finally {
    Object.assign(bucket, { put, createMultipart });
  }
  return found;
}

async function erase(account: string, attachment: string): Promise<void> {
  const { world } = made;
  await world.sql(
    'DELETE FROM replication.file_grant WHERE blob_id = (SELECT blob_id FROM crm.attachment WHERE id = $1)',
    [attachment],
  );
  await world.sql('DELETE FROM crm.attachment WHERE id = $1', [attachment]);
  await world.sql('DELETE FROM crm.account WHERE id = $1', [account]);
}

async function freshReader(identities: string[]): Promise<StrictReader> {
  const { world } = made;
  const reader = new StrictReader(
    world.bucket,
    TrustChain.pin(world.rootObject, { tenant: TENANT }),
    identities,
  );
  await reader.catchUp();
  return reader;
}

describe('an erasure where the replica shows files', () => {
  const [going, staying] = [randomBytes(400_000), randomBytes(700_000)];

  it('ends with the key destroyed, and a copy from before opens with nothing that is left', async () => {
    const [two, one] = [await made.account('Two'), await made.account('One')];
    const [erased, kept] = [await made.file(two, going), await made.file(one, staying)];
    await made.carry();
    expect((await gather(await made.opener().open(await made.row(erased)))).equals(going)).toBe(true);
    const [old = ''] = (await made.world.readManifest(1, 1)).recipients;
    const before = await made.identities();
    const erasedRow = await made.row(erased);
    const keptRow = await made.row(kept);
    const copy = await made.saveCopy();
    expect((await fileKeysIn(copy, TENANT, before)).size).toBe(2);

    await erase(two, erased);
    let receipt = {} as Awaited<ReturnType<FilesWorld['rebase']>>;
    const sent = await filesSent(made.world.bucket, async () => {
      receipt = await made.rebase('erasure');
    });
    expect(sent).toEqual([]);
    expect(receipt.notProven).toEqual(['copies-made-by-others', 'backups-of-replicas']);
    expect(receipt.replicas).toMatchObject([{ name: 'london', state: 'acknowledged', destroyed: [old] }]);
    expect(await made.replica.position()).toEqual({ generation: 2, n: 1 });

    // everything that the replica still has: its identities, and the keys in its database
    expect((await fileKeysIn(copy, TENANT, await made.identities())).size).toBe(0);
    expect(await openedFiles(copy, TENANT, await made.identities())).toEqual([]);
    expect(await made.keptKeys()).toEqual([keptRow.objectName]);
    await expect(made.opener(copy).open(erasedRow)).rejects.toMatchObject({ name: 'AttachmentRefused' });
    expect(await made.world.objects()).toEqual([keptRow.objectName]);

    expect(await made.row(kept)).toEqual(keptRow);
    expect((await gather(await made.opener().open(keptRow))).equals(staying)).toBe(true);
    await copy.close();
  });

  it('leaves to a replica that comes later the keys of what stays, and of nothing else', async () => {
    const [two, one] = [await made.account('Two'), await made.account('One')];
    const [erased, kept] = [await made.file(two, going), await made.file(one, staying)];
    await made.carry();
    await erase(two, erased);
    await made.rebase('erasure');
    const reader = await freshReader(await made.identities());
    const row = sealedOf(reader.rows('attachment').get(kept));
    expect([...reader.fileKeys.keys()]).toEqual([row.objectName]);
    expect((await made.world.readManifest(2, 1)).features).toEqual(['file-keys']);
    const [opened] = await openedFiles(made.world.bucket, TENANT, await made.identities());
    expect(opened?.bytes.equals(staying)).toBe(true);
  });
});

describe('a kept key', () => {
  it('stands in clear in no table of the premises or the replica', async () => {
    await made.file(await made.account('One'), randomBytes(1000));
    await made.carry();
    const [key] = (await fileKeysIn(made.world.bucket, TENANT, await made.identities())).values();
    if (key === undefined) throw new Error('no key was published');
    const spelled = [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64'))];
    for (const admin of [made.world.database.admin, made.replica.database.admin])
      for (const { where, bytes } of await databaseText(admin))
        for (const form of spelled) expect([where, bytes.includes(form)]).toEqual([where, false]);
  });

  it('goes with the file that a delta takes away, and comes back with it', async () => {
    const id = await made.file(await made.account('One'), randomBytes(1000));
    await made.carry();
    const { objectName } = await made.row(id);
    expect(await made.keptKeys()).toEqual([objectName]);
    await made.world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [id]);
    await made.carry();
    expect(await made.keptKeys()).toEqual([]);
    await made.world.sql('UPDATE crm.attachment SET deleted_at = NULL WHERE id = $1', [id]);
    await made.carry();
    expect(await made.keptKeys()).toEqual([objectName]);
    expect(await gather(await made.opener().open(await made.row(id)))).toHaveLength(1000);
  });

  it('that the premises can no longer open makes its file go again, and nothing stands still', async () => {
    const content = randomBytes(2000);
    const id = await made.file(await made.account('One'), content);
    await made.world.sql('UPDATE replication.blob_object SET sealed_data_key = $1', [randomBytes(60)]);
    await expect(made.lane.settle()).rejects.toMatchObject({ code: 'file-keys-lost' });
    await made.carry();
    expect((await made.row(id)).objectName).toBeNull();
    await sendAnew();
    expect((await gather(await made.opener().open(await made.row(id)))).equals(content)).toBe(true);
  });
});

/** Collects, uploads what is owed, and carries the rows. */
async function sendAnew(): Promise<void> {
  await made.world.collector().collect(signal);
  const uploader = await made.world.uploader();
  for (const { blob_id: blobId } of await made.world.sql('SELECT blob_id FROM replication.file_grant'))
    await uploader.upload(String(blobId), signal);
  await made.carry();
}

/** Puts the object of a file as it was made when the header had the key. */
async function makeKeyed(id: string, content: Buffer): Promise<void> {
  const { world } = made;
  const [row] = await world.sql(
    `SELECT o.blob_id, o.object_name FROM replication.blob_object o
     JOIN crm.attachment a ON a.blob_id = o.blob_id WHERE a.id = $1`,
    [id],
  );
  const name = String(row?.object_name);
  const dataKey = randomBytes(32);
  const wrapped = await wrapKey(dataKey, world.trust.recipients());
  const header = encodeBlobHeader({ tenant: TENANT, name }, content.length, wrapped);
  const plan = { dataKey, header, plainBytes: content.length };
  const one = async function* () {
    yield await Promise.resolve(content);
  };
  const object = await gather(sealBlob(plan, one()));
  await world.bucket.put(name, object);
  await world.sql(
    `UPDATE replication.blob_object SET object_bytes = $2, object_sha256 = $3, sealed_data_key = NULL, sealed_to = $4
     WHERE blob_id = $1`,
    [row?.blob_id, object.length, createHash('sha256').update(object).digest('hex'), world.trust.sealedTo],
  );
}

describe('files of the time when the header had the key', () => {
  it('keep the older key until the last of them was sent anew, a few at a time', async () => {
    const contents = [randomBytes(3000), randomBytes(4000), randomBytes(5000)];
    const account = await made.account('One');
    const ids: string[] = [];
    for (const content of contents) ids.push(await made.file(account, content));
    for (const at of [0, 1]) await makeKeyed(ids[at] ?? '', contents[at] ?? Buffer.alloc(0));
    await made.carry();
    const [recipient = ''] = (await made.world.readManifest(1, 1)).recipients;
    const receipt = await made.rebase('compaction');
    expect(receipt.notProven).toContain('key-kept:london');
    await expectAllOpen(ids, contents);

    const { db } = made.world;
    expect(await retireKeyedObjects(db, 1)).toBe(1);
    expect(await retireKeyedObjects(db, 1)).toBe(0);
    await made.carry();
    const shown = await Promise.all(ids.map(async (id) => (await made.row(id)).objectName !== null));
    expect(shown).toEqual([false, true, true]);
    await sendAnew();
    expect(await made.replica.keys.destroyed()).not.toContain(recipient);
    expect(await retireKeyedObjects(db, 1)).toBe(1);
    await made.carry();
    await sendAnew();
    await expectAllOpen(ids, contents);
    expect(await made.replica.keys.destroyed()).toContain(recipient);
    const last = await made.rebase('compaction');
    expect(last.notProven).toEqual(['copies-made-by-others', 'backups-of-replicas']);
    expect(await retireKeyedObjects(db, 1)).toBe(0);
  });
});

async function expectAllOpen(ids: string[], contents: Buffer[]): Promise<void> {
  for (const [at, id] of ids.entries()) {
    const opened = await gather(await made.opener().open(await made.row(id)));
    expect(opened.equals(contents[at] ?? Buffer.alloc(0))).toBe(true);
  }
}
