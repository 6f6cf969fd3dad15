// The way of a file from the local store to the bucket, and what a row says meanwhile.
import { createHash } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BandwidthCap } from '../../../connector/attachments/bandwidth-cap.js';
import { TimeWindows } from '../../../connector/attachments/time-windows.js';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import { folderKind, pathStyleKind } from '../bucket/bucket-kinds.js';
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
import type { TestPublisher } from './connector-world.js';

const MIB = 1024 * 1024;
let world: AttachmentWorld;
let lane: TestPublisher;
let account: string;

describe.each([folderKind, pathStyleKind])('in $name', (kind) => {
  beforeEach(async () => {
    world = await openAttachmentWorld(kind);
    await world.activate(FILES_POLICY);
    account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
    lane = await world.publisher();
  });
  afterEach(() => world.end());

  /** Publishes what there is and answers the row as the replica has it. */
  async function published(id: string) {
    await lane.settle();
    const manifests = await world.reader.catchUp();
    return { row: sealedOf(world.reader.rows('attachment').get(id)), manifest: manifests.at(-1) };
  }

  const pathOf = async ({ storeName }: StoredBlob): Promise<string> => {
    const { readdir } = await import('node:fs/promises');
    const found = (await readdir(world.storeFolder, { recursive: true })).find((path) =>
      path.endsWith(storeName),
    );
    return join(world.storeFolder, found ?? 'not-found');
  };

  /** Counts what is sent, and breaks where told. */
  function watched(bucket: Bucket, breakAt: { part?: number; complete?: 'before' | 'after' } = {}) {
    const sent: number[] = [];
    const whole: string[] = [];
    const watching = new Proxy(bucket, {
      get(target, name, receiver) {
        if (name === 'uploadPart')
          return async (...args: Parameters<Bucket['uploadPart']>) => {
            if (args[2] === breakAt.part) throw new Error('the wire broke');
            const answer = await target.uploadPart(...args);
            sent.push(args[2]);
            return answer;
          };
        if (name === 'put')
          return (...args: Parameters<Bucket['put']>) => {
            whole.push(args[0]);
            return target.put(...args);
          };
        if (name === 'completeMultipart')
          return async (...args: Parameters<Bucket['completeMultipart']>) => {
            if (breakAt.complete === 'before') throw new Error('the wire broke');
            await target.completeMultipart(...args);
            if (breakAt.complete === 'after') throw new Error('the answer was lost');
          };
        const value: unknown = Reflect.get(target, name, receiver);
        return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
      },
    });
    return { bucket: watching, sent, whole };
  }

  const retryNow = () => world.sql('UPDATE replication.blob_object SET retry_at = NULL');

  describe('a selected file', () => {
    it('lets its row go first as pending, and says in a later batch where it is', async () => {
      const content = fileOf(3 * MIB + 7);
      const { id, blob } = await world.attach(account, content);
      const before = await published(id);
      expect(before.row).toMatchObject({ state: 'pending', objectName: null });
      expect(before.manifest?.attachments).toEqual({
        available: 0,
        pending: 1,
        added: [],
        condemned: [],
        lists: [],
      });
      const uploaded = await world.upload(blob);
      expect(uploaded).toMatchObject({ state: 'available', error_code: null, upload_id: null });
      const { row, manifest } = await published(id);
      expect(row.state).toBe('available');
      expect(manifest?.attachments).toMatchObject({
        ...{ available: 1, pending: 0, condemned: [] },
        added: [{ name: row.objectName, bytes: row.objectBytes, sha256: row.objectSha256 }],
      });
      const object = await world.bucket.get(row.objectName ?? '');
      expect(createHash('sha256').update(object).digest('hex')).toBe(row.objectSha256);
      expect(object.length).toBe(row.objectBytes);
      expect((await gather(await world.opener.open(row))).equals(content)).toBe(true);
      const part = await gather(await world.opener.open(row, { start: 300_000, end: 600_000 }));
      expect(part.equals(content.subarray(300_000, 600_001))).toBe(true);
    });

    it('is found by nobody from its name: the object is named by a keyed digest and a nonce', async () => {
      const content = fileOf(100);
      const { blob } = await world.attach(account, content);
      await world.upload(blob);
      const [name = ''] = await world.objects();
      expect(name).toMatch(/^b\/1\/[0-9a-f]{64}-[0-9a-f]{32}$/);
      expect(name).not.toContain(createHash('sha256').update(content).digest('hex'));
      expect(name).not.toContain(blob.storeName);
    });

    it('goes once however many records show it, and an empty one goes too', async () => {
      const { id, blob } = await world.attach(account, fileOf(10));
      const again = await world.attach(account, blob);
      const empty = await world.attach(account, Buffer.alloc(0));
      await world.upload(blob);
      await world.upload(empty.blob);
      const { row, manifest } = await published(id);
      expect(sealedOf(world.reader.rows('attachment').get(again.id)).objectName).toBe(row.objectName);
      expect(manifest?.attachments).toMatchObject({ available: 3, pending: 0 });
      expect(await world.objects()).toHaveLength(2);
      expect(
        await gather(await world.opener.open(sealedOf(world.reader.rows('attachment').get(empty.id)))),
      ).toHaveLength(0);
    });

    it('is sent by one of several connectors only', async () => {
      const { blob } = await world.attach(account, fileOf(200_000));
      const { bucket, whole } = watched(world.bucket);
      const connectors = await Promise.all(Array.from({ length: 6 }, () => world.uploader({ bucket })));
      await Promise.all(connectors.map((one) => one.upload(blob.blobId, signal)));
      expect(whole).toHaveLength(1);
      expect(await world.blobRow(blob)).toMatchObject({ state: 'available' });
    });
  });

  describe('an upload that was cut off', () => {
    const content = fileOf(30 * MIB + 1000);

    it.each([1, 2, 4])(
      'at part %d goes on from the parts that arrived, and ends in the right bytes',
      async (part) => {
        const { id, blob } = await world.attach(account, content);
        const first = watched(world.bucket, { part });
        expect(await world.upload(blob, { bucket: first.bucket })).toMatchObject({
          state: 'failed',
          attempts: 1,
        });
        const begun = await world.blobRow(blob);
        await retryNow();
        const second = watched(world.bucket);
        expect(await world.upload(blob, { bucket: second.bucket })).toMatchObject({
          state: 'available',
          attempts: 0,
        });
        expect((await world.blobRow(blob))?.object_name).toBe(begun?.object_name);
        expect([...first.sent, ...second.sent].sort()).toEqual([1, 2, 3, 4]);
        const { row } = await published(id);
        expect((await gather(await world.opener.open(row))).equals(content)).toBe(true);
      },
    );

    it('goes on after the answer to its end was lost, in either way', async () => {
      for (const complete of ['before', 'after'] as const) {
        const { id, blob } = await world.attach(account, fileOf(20 * MIB));
        const first = watched(world.bucket, { complete });
        expect(await world.upload(blob, { bucket: first.bucket })).toMatchObject({ state: 'failed' });
        await retryNow();
        const second = watched(world.bucket);
        expect(await world.upload(blob, { bucket: second.bucket })).toMatchObject({ state: 'available' });
        expect(second.sent).toEqual([]);
        const { row } = await published(id);
        expect(await gather(await world.opener.open(row))).toHaveLength(20 * MIB);
      }
    });

    it('starts again under another key where a part that arrived is not what would be sent', async () => {
      const { id, blob } = await world.attach(account, content);
      await world.upload(blob, { bucket: watched(world.bucket, { part: 3 }).bucket });
      const begun = await world.blobRow(blob);
      await world.bucket.uploadPart(begun?.object_name ?? '', begun?.upload_id ?? '', 1, fileOf(8 * MIB));
      await retryNow();
      expect(await world.upload(blob)).toMatchObject({
        state: 'failed',
        error_code: 'cannot-resume',
        upload_id: null,
      });
      await retryNow();
      const uploaded = await world.upload(blob);
      expect(uploaded?.state).toBe('available');
      expect(uploaded?.object_name).not.toBe(begun?.object_name);
      const { row } = await published(id);
      expect((await gather(await world.opener.open(row))).equals(content)).toBe(true);
    });
  });

  describe('F22 a file that changes while it is sent', () => {
    const content = fileOf(30 * MIB);

    async function damageAt(part: number, damage: (path: string) => Promise<void>) {
      const attached = await world.attach(account, content);
      const path = await pathOf(attached.blob);
      let damaging = Promise.resolve();
      const bucket = new Proxy(world.bucket, {
        get(target, name, receiver) {
          if (name === 'uploadPart')
            return async (...args: Parameters<Bucket['uploadPart']>) => {
              if (args[2] === part) damaging = damage(path);
              // parts behind it would else go by, and the file be read to its end before it is damaged
              await damaging;
              return target.uploadPart(...args);
            };
          const value: unknown = Reflect.get(target, name, receiver);
          return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
        },
      });
      return { ...attached, path, row: await world.upload(attached.blob, { bucket }) };
    }

    it('ends as failed with the reason, its row stays pending, and the right file arrives later', async () => {
      const { id, blob, path, row } = await damageAt(1, async (file) => {
        const bytes = await readFile(file);
        bytes.writeUInt8(bytes.readUInt8(28 * MIB) ^ 1, 28 * MIB);
        await chmod(file, 0o600);
        await writeFile(file, bytes);
      });
      expect(row).toMatchObject({
        state: 'failed',
        error_code: 'file-changed',
        object_name: null,
        upload_id: null,
      });
      expect((await published(id)).row.state).toBe('pending');
      expect(await world.objects()).toEqual([]);
      await expect(world.opener.open((await published(id)).row)).rejects.toThrow('on its way');
      const uploads = [];
      for await (const upload of world.bucket.listMultiparts('b/')) uploads.push(upload);
      expect(uploads).toEqual([]);
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(28 * MIB) ^ 1, 28 * MIB);
      await writeFile(path, bytes);
      await retryNow();
      expect(await world.upload(blob)).toMatchObject({ state: 'available' });
      const { row: last } = await published(id);
      expect((await gather(await world.opener.open(last))).equals(content)).toBe(true);
    });

    it('and one that is deleted ends right or failed', async () => {
      const { id, blob, row } = await damageAt(1, (file) => rm(file));
      // An open file outlives its name; what was read is the file that was granted.
      expect(row).toMatchObject({ state: 'available' });
      expect((await gather(await world.opener.open((await published(id)).row))).equals(content)).toBe(true);
      const other = await world.attach(account, fileOf(100));
      await rm(await pathOf(other.blob));
      expect(await world.upload(other.blob)).toMatchObject({ state: 'failed', error_code: 'file-missing' });
      expect(await world.objects()).toHaveLength(1);
      expect((await world.blobRow(blob))?.state).toBe('available');
    });

    it('is refused where the store holds another file under the granted name, sealed with the right key', async () => {
      const { blob } = await world.attach(account, fileOf(1000));
      await world.sql('UPDATE replication.file_grant SET sha256 = $1 WHERE blob_id = $2', [
        fileOf(32),
        blob.blobId,
      ]);
      expect(await world.upload(blob)).toMatchObject({ state: 'failed', error_code: 'file-changed' });
      expect(await world.objects()).toEqual([]);
    });

    it('withdrawn while it is sent leaves nothing behind', async () => {
      const { blob, row } = await damageAt(2, async () => {
        await world.sql('DELETE FROM replication.file_grant');
      });
      expect(row?.state).toBe('uploading');
      await world.sql(`UPDATE replication.blob_object SET claimed_until = '-infinity'`);
      await world.collector().collect(signal);
      expect(await world.blobRow(blob)).toBeUndefined();
      expect(await world.objects()).toEqual([]);
      for await (const upload of world.bucket.listMultiparts('b/')) throw new Error(upload.key);
    });
  });

  describe('bandwidth and time', () => {
    it('stays under the cap over all uploads of a process', async () => {
      const blobs: StoredBlob[] = [];
      for (let i = 0; i < 6; i += 1) blobs.push((await world.attach(account, fileOf(MIB))).blob);
      const uploader = await world.uploader({ cap: new BandwidthCap(2 * MIB), concurrency: 4 });
      const startedAt = performance.now();
      await Promise.all(blobs.map((blob) => uploader.upload(blob.blobId, signal)));
      // The first goes at once and each of the others after half a second.
      expect(performance.now() - startedAt).toBeGreaterThan(2_300);
      for (const blob of blobs) expect(await world.blobRow(blob)).toMatchObject({ state: 'available' });
    });

    it('waits while people hold the connector, at its beginning and between two parts', async () => {
      const hold = (isHeld: boolean) =>
        world.sql('UPDATE replication.connector_control SET paused = $1', [isHeld]);
      const content = fileOf(20 * MIB);
      const { id, blob } = await world.attach(account, content);
      await hold(true);
      expect(await world.upload(blob)).toBeUndefined();
      expect((await published(id)).row.state).toBeUndefined();
      await hold(false);
      const holding = new Proxy(world.bucket, {
        get(target, name, receiver) {
          if (name === 'uploadPart')
            return async (...args: Parameters<Bucket['uploadPart']>) => {
              await hold(true);
              return target.uploadPart(...args);
            };
          const value: unknown = Reflect.get(target, name, receiver);
          return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
        },
      });
      const held = await world.upload(blob, { bucket: holding });
      expect(held).toMatchObject({ error_code: null, attempts: 0 });
      expect(held?.state).not.toBe('available');
      expect(await world.objects()).toEqual([]);
      await hold(false);
      expect(await world.upload(blob)).toMatchObject({ state: 'available' });
      expect((await gather(await world.opener.open((await published(id)).row))).equals(content)).toBe(true);
    });

    it('sends nothing outside its windows, and rows all the same', async () => {
      const { id, blob } = await world.attach(account, fileOf(100));
      const hour = new Date().getHours();
      const pad = (value: number) => String((value + 24) % 24).padStart(2, '0');
      const closed = new TimeWindows([`${pad(hour + 2)}:00-${pad(hour + 3)}:00`]);
      expect(await world.upload(blob, { windows: closed })).toBeUndefined();
      expect((await published(id)).row.state).toBe('pending');
      expect(
        await world.upload(blob, { windows: new TimeWindows([`${pad(hour - 1)}:00-${pad(hour + 2)}:00`]) }),
      ).toMatchObject({ state: 'available' });
    });
  });

  describe('a file that is not selected', () => {
    it('cannot be opened by the connector: its key is nowhere that the connector reads', async () => {
      const secret = await world.store(fileOf(1000));
      await world.insert('crm.attachment', {
        ...{ record_type: 'account', record_id: account, name: 'secret.pdf', media_type: 'application/pdf' },
        ...{ bytes: secret.bytes, label: 'internal', blob_id: secret.blobId },
      });
      for (const table of ['files.blob', 'crm.attachment'])
        await expect(world.connector.query(`SELECT * FROM ${table}`)).rejects.toThrow('permission denied');
      await expect(
        world.connector.query(`INSERT INTO replication.file_grant (blob_id) VALUES (gen_random_uuid())`),
      ).rejects.toThrow('permission denied');
      expect((await world.connector.query('SELECT * FROM replication.file_grant')).rows).toEqual([]);
      expect(await world.upload(secret)).toBeUndefined();
      expect(await world.objects()).toEqual([]);
      const sealed = await readFile(await pathOf(secret));
      const rows = JSON.stringify((await world.connector.query('SELECT * FROM replication.change')).rows);
      for (const hidden of [secret.dataKey.toString('hex'), secret.dataKey.toString('base64')])
        expect(rows + sealed.toString('latin1')).not.toContain(hidden);
    });
  });
});
