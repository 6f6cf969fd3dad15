// What leaves the bucket, when, and what must not.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ObjectSweep } from '../../../connector/attachments/object-sweep.js';
import type { Bucket } from '../../../src/platform/bucket/index.js';
import { manifestKey } from '../../../src/replication/format/index.js';
import { folderKind, pathStyleKind } from '../bucket/bucket-kinds.js';
import {
  FILES_POLICY,
  fileOf,
  gather,
  openAttachmentWorld,
  sealedOf,
  signal,
  type AttachmentWorld,
} from './attachment-world.js';
import { Crash, crashAt, type TestPublisher } from './connector-world.js';

const NARROWED = `
types:
  account: { where: { field: sector, op: neq, value: medical }, attachments: { label: public } }
`;
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

  async function published() {
    await lane.settle();
    return (await world.reader.catchUp()).at(-1)?.attachments;
  }

  async function availableFile(more?: Record<string, unknown>) {
    const attached = await world.attach(account, fileOf(1000), more);
    await world.upload(attached.blob);
    await published();
    const row = await world.blobRow(attached.blob);
    return { ...attached, name: row?.object_name ?? '' };
  }

  const recycle = (id: string) =>
    world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [id]);
  const restore = (id: string) =>
    world.sql('UPDATE crm.attachment SET deleted_at = NULL WHERE id = $1', [id]);
  const touch = () => world.sql('UPDATE crm.account SET name = name || $1', ['!']);
  const acknowledge = (n: number) =>
    world.sql(
      `INSERT INTO replication.replica_ack (replica, generation, n, applied_at) VALUES ('london', 1, $1, now())
     ON CONFLICT (replica) DO UPDATE SET n = $1`,
      [n],
    );

  describe('a deleted attachment', () => {
    it('is condemned with its row and leaves the bucket when enough batches have followed', async () => {
      const { id, blob, name } = await availableFile();
      await recycle(id);
      await world.revoke(blob);
      expect(await published()).toEqual({
        available: 0,
        pending: 0,
        added: [],
        condemned: [name],
        lists: [],
      });
      expect(await world.collector().isOwed()).toBe(false);
      expect(await world.collector().collect(signal)).toBe(0);
      await touch();
      await published();
      expect(await world.collector().collect(signal)).toBe(0);
      await touch();
      await published();
      expect(await world.collector().isOwed()).toBe(true);
      expect(await world.collector(2, 60_000).collect(signal)).toBe(0);
      expect(await world.collector().collect(signal)).toBe(1);
      expect(await world.objects()).toEqual([]);
      expect(await world.blobRow(blob)).toBeUndefined();
    });

    it('leaves without further batches once every replica has acknowledged that the row is gone', async () => {
      const { id, blob } = await availableFile();
      const { n } = world.reader.head ?? { n: 0 };
      await acknowledge(n);
      await recycle(id);
      await world.revoke(blob);
      await published();
      expect(await world.collector(100).collect(signal)).toBe(0);
      await acknowledge(n + 1);
      expect(await world.collector(100).collect(signal)).toBe(1);
      expect(await world.objects()).toEqual([]);
    });

    it('stays while another row shows the same file, and while the server still grants it', async () => {
      const { id, blob, name } = await availableFile();
      const other = await world.attach(account, blob);
      await recycle(id);
      expect(await published()).toMatchObject({ available: 1, added: [], condemned: [] });
      await recycle(other.id);
      expect(await published()).toMatchObject({ condemned: [name] });
      for (let i = 0; i < 3; i += 1) {
        await touch();
        await published();
      }
      expect(await world.collector().collect(signal)).toBe(0);
      await world.revoke(blob);
      expect(await world.collector().collect(signal)).toBe(1);
    });

    it('that comes back in time shows the same object, which is no longer condemned', async () => {
      const { id, blob, name } = await availableFile();
      await recycle(id);
      await world.revoke(blob);
      await published();
      await restore(id);
      await world.grant(blob);
      expect(await published()).toMatchObject({ available: 1, added: [{ name }], condemned: [] });
      await world.revoke(blob);
      for (let i = 0; i < 3; i += 1) {
        await touch();
        await published();
      }
      expect(await world.collector().collect(signal)).toBe(0);
      expect(await world.objects()).toEqual([name]);
    });

    it('that comes back too late is pending again and gets an object of another name', async () => {
      const { id, blob, name } = await availableFile();
      await recycle(id);
      await world.revoke(blob);
      await published();
      await acknowledge(world.reader.head?.n ?? 0);
      await world.collector().collect(signal);
      await restore(id);
      await world.grant(blob);
      expect(await published()).toMatchObject({ available: 0, pending: 1 });
      await world.upload(blob);
      const changes = await published();
      expect(changes).toMatchObject({ available: 1, pending: 0 });
      expect(changes?.added.map((entry) => entry.name)).not.toContain(name);
    });

    it('cannot be shown by a batch that was read before its object went', async () => {
      const { id, blob } = await availableFile();
      await recycle(id);
      await world.revoke(blob);
      await published();
      await acknowledge(world.reader.head?.n ?? 0);
      await restore(id);
      const listener = {
        onStep: async (step: string) => {
          if (step === 'sealed') await world.collector().collect(signal);
        },
      };
      await lane.vanish();
      const racing = await world.publisher({ listeners: [listener] });
      await expect(racing.publisher.turn()).rejects.toThrow('left the bucket');
      await racing.settle();
      await world.reader.catchUp();
      expect(sealedOf(world.reader.rows('attachment').get(id))).toMatchObject({
        state: 'pending',
        objectName: null,
      });
    });
  });

  describe('a file whose policy narrows', () => {
    it('leaves the bucket as soon as the new generation is live, without any grace', async () => {
      const [narrowed, kept] = [await availableFile(), await availableFile({ label: 'public' })];
      await world.sql(`UPDATE crm.attachment SET label = 'shareable' WHERE id = $1`, [kept.id]);
      await world.upload(kept.blob);
      await published();
      expect(await world.objects()).toHaveLength(2);
      await world.sql(`UPDATE crm.attachment SET label = 'public' WHERE id = $1`, [kept.id]);
      await world.activate(NARROWED);
      await world.revoke(narrowed.blob);
      expect(await world.collector(100, 600_000).collect(signal)).toBe(0);
      expect(await published()).toMatchObject({ available: 1, pending: 0, condemned: [narrowed.name] });
      expect(await world.collector(100, 600_000).collect(signal)).toBe(1);
      expect(await world.objects()).toHaveLength(1);
      const row = sealedOf(world.reader.rows('attachment').get(kept.id));
      expect(await gather(await world.opener.open(row))).toHaveLength(1000);
      expect(world.reader.rows('attachment').has(narrowed.id)).toBe(false);
    });

    it('leaves too where the new policy lets no file go at all', async () => {
      const { blob, name } = await availableFile();
      await world.activate('types: { account: }');
      await world.revoke(blob);
      expect(await published()).toMatchObject({ available: 0, pending: 0, condemned: [name] });
      expect(await world.collector(100, 600_000).collect(signal)).toBe(1);
      expect(await world.objects()).toEqual([]);
    });

    it('leaves though no batch had ever shown it', async () => {
      const { blob } = await world.attach(account, fileOf(1000));
      await world.upload(blob);
      await world.revoke(blob);
      expect(await world.collector(100, 600_000).collect(signal)).toBe(1);
      expect(await world.objects()).toEqual([]);
    });
  });

  describe('a batch that is taken back', () => {
    it('takes back what it said of attachments', async () => {
      const { id, blob, name } = await availableFile();
      await recycle(id);
      await lane.vanish();
      const crashing = await world.publisher({ listeners: [crashAt('recorded')] });
      await expect(crashing.publisher.turn()).rejects.toThrow(Crash);
      expect(await world.blobRow(blob)).toMatchObject({ referenced: false });
      await crashing.vanish();
      const { rm } = await import('node:fs/promises');
      await rm(world.spoolFolder, { recursive: true });
      await restore(id);
      lane = await world.publisher();
      expect(await published()).toBeUndefined();
      expect(await world.blobRow(blob)).toMatchObject({ referenced: true, object_name: name });
      await world.revoke(blob);
      await acknowledge(1_000);
      expect(await world.collector(0).collect(signal)).toBe(0);
    });
  });

  describe('the sweep', () => {
    it('removes what no table knows, aborts uploads nobody goes on with, and sends again what is missing', async () => {
      const { id, blob, name } = await availableFile();
      const lost = await availableFile();
      await world.bucket.put('b/1/left-over', Buffer.from('x'));
      await world.bucket.createMultipart('b/1/never-finished');
      await world.bucket.remove([lost.name]);
      await lane.settle();
      expect(await world.sweep(3_600_000).run(signal)).toEqual({ orphans: 0, missing: 1, uploads: 0 });
      expect(await world.sweep().run(signal)).toEqual({ orphans: 1, missing: 0, uploads: 1 });
      expect(await world.objects()).toEqual([name]);
      await world.upload(lost.blob);
      expect(await world.objects()).toEqual([name]);
      expect(await published()).toMatchObject({ available: 1, pending: 1, condemned: [lost.name] });
      await world.upload(lost.blob);
      expect(await published()).toMatchObject({ available: 2, pending: 0 });
      const row = sealedOf(world.reader.rows('attachment').get(lost.id));
      expect(await gather(await world.opener.open(row))).toHaveLength(1000);
      expect(sealedOf(world.reader.rows('attachment').get(id)).objectName).toBe(name);
      expect(await world.blobRow(blob)).toMatchObject({ state: 'available' });
    });

    it('works beside a batch that is on its way, whether or not its manifest has arrived', async () => {
      const { name } = await availableFile();
      await touch();
      await lane.vanish();
      for (const step of ['recorded', 'manifest-put'] as const) {
        const crashing = await world.publisher({ listeners: [crashAt(step)] });
        await expect(crashing.publisher.turn()).rejects.toThrow(Crash);
        await crashing.vanish();
        await world.bucket.put('b/1/left-over', Buffer.from('x'));
        expect(await world.sweep().run(signal)).toEqual({ orphans: 1, missing: 0, uploads: 0 });
      }
      expect(await world.sql(`SELECT 1 FROM replication.batch WHERE state = 'pending'`)).toHaveLength(1);
      expect(await world.objects()).toEqual([name]);
    });

    it('removes nothing where another batch stands in the place of the one on its way', async () => {
      await availableFile();
      await touch();
      await lane.vanish();
      const crashing = await world.publisher({ listeners: [crashAt('recorded')] });
      await expect(crashing.publisher.turn()).rejects.toThrow(Crash);
      const [pending] = await world.sql(
        `SELECT generation, n FROM replication.batch WHERE state = 'pending'`,
      );
      await world.bucket.put(manifestKey(Number(pending?.generation), Number(pending?.n)), Buffer.from('{}'));
      await world.bucket.put('b/1/of-the-real-one', Buffer.from('x'));
      expect(await world.sweep().run(signal)).toBeNull();
      expect(await world.objects()).toHaveLength(2);
    });

    it('does not send again what a listing does not show yet, though it is there', async () => {
      const shown = await availableFile();
      const { blob, name } = await availableFile();
      const lagging = new Proxy(world.bucket, {
        get(target, property) {
          if (property === 'list')
            return async function* (...args: Parameters<Bucket['list']>) {
              for await (const found of target.list(...args)) if (found.key !== name) yield found;
            };
          const value: unknown = Reflect.get(target, property);
          return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
        },
      });
      const sweep = new ObjectSweep(world.db, lagging, 0);
      expect(await sweep.run(signal)).toEqual({ orphans: 0, missing: 0, uploads: 0 });
      expect(await world.blobRow(blob)).toMatchObject({ state: 'available', object_name: name });
      await world.bucket.remove([shown.name]);
      expect(await sweep.run(signal)).toEqual({ orphans: 0, missing: 1, uploads: 0 });
    });

    it('removes nothing where the bucket is ahead of this database: it may be a copy of the real one', async () => {
      await availableFile();
      await world.bucket.put('b/1/of-the-real-one', Buffer.from('x'));
      await world.bucket.put('m/00000001/0000009999.json', Buffer.from('{}'));
      expect(await world.sweep().run(signal)).toBeNull();
      expect(await world.objects()).toHaveLength(2);
    });
  });

  describe('many attachments at once', () => {
    it('stand in a list beside the manifest, which the rows agree with', async () => {
      await world.sql(
        `INSERT INTO files.blob (id, sha256, bytes, store_name, wrapped_key, key_id)
       SELECT gen_random_uuid(), sha256(i::text::bytea), 1, encode(sha256(i::text::bytea), 'hex'), '\\x00', 'k'
       FROM generate_series(1, 6000) i`,
      );
      await world.sql(
        `INSERT INTO crm.attachment (id, created_at, updated_at, record_type, record_id, name, media_type, bytes, label, blob_id)
       SELECT gen_random_uuid(), now(), now(), 'account', $1, 'n', 'application/pdf', 1, 'shareable', id FROM files.blob`,
        [account],
      );
      await world.sql(
        `INSERT INTO replication.blob_object (blob_id, state, object_name, object_bytes, object_sha256)
       SELECT id, 'available', 'b/1/' || store_name || '-00', 500, store_name FROM files.blob`,
      );
      const changes = await published();
      expect(changes).toMatchObject({ available: 6000, pending: 0, added: [], condemned: [] });
      expect(changes?.lists).toMatchObject([{ rows: 6000 }]);
      const [list] = changes?.lists ?? [];
      const lines = (await world.bucket.get(list?.name ?? '')).toString('utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(6000);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject(['a', { bytes: 500 }]);
    });
  });
});
