// Uploads in processes of their own: killed without a word in the middle, and measured.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { folderKind, pathStyleKind } from '../bucket/bucket-kinds.js';
import {
  FILES_POLICY,
  fileOf,
  gather,
  openAttachmentWorld,
  sealedOf,
  type AttachmentWorld,
} from './attachment-world.js';
import type { TestPublisher } from './connector-world.js';
import { measureJourney, runChild, uploadTask } from './upload-process.js';

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

  describe('F01 kill -9 in the middle of an upload', () => {
    it.each([1, 3, 6])(
      'at part %d: what arrived is not sent again, and the replica opens the right bytes',
      async (killAt) => {
        const content = fileOf(45 * MIB);
        const parts = [1, 2, 3, 4, 5, 6];
        const { id, blob } = await world.attach(account, content);
        const killed = await runChild(await uploadTask(world, blob, 50), killAt);
        expect(killed).toMatchObject({ signal: 'SIGKILL', done: false });
        const begun = await world.blobRow(blob);
        expect(begun).toMatchObject({ state: 'uploading' });
        const listed = await world.bucket.listParts(begun?.object_name ?? '', begun?.upload_id ?? '');
        const arrived = listed?.map(({ partNumber }) => partNumber) ?? [];
        expect(arrived).toEqual(expect.arrayContaining(killed.sent));
        await world.sql(`UPDATE replication.blob_object SET claimed_until = '-infinity'`);
        const second = await runChild(await uploadTask(world, blob));
        expect(second).toMatchObject({ signal: null, done: true });
        // one that was on the wire may still arrive after the look
        expect(second.sent.filter((part) => arrived.includes(part))).toEqual([]);
        expect(second.sent.length).toBeLessThanOrEqual(parts.length - arrived.length);
        expect(second.sent.length).toBeGreaterThanOrEqual(parts.length - arrived.length - 2);
        expect(await world.blobRow(blob)).toMatchObject({
          state: 'available',
          object_name: begun?.object_name,
        });
        await lane.settle();
        await world.reader.catchUp();
        const row = sealedOf(world.reader.rows('attachment').get(id));
        const object = await world.bucket.get(row.objectName ?? '', { maxBytes: 64 * MIB });
        expect(createHash('sha256').update(object).digest('hex')).toBe(row.objectSha256);
        expect((await gather(await world.opener.open(row))).equals(content)).toBe(true);
      },
    );
  });

  describe('a file of 256 MB', () => {
    it('raises the memory of connector and replica by less than 64 MiB each', async () => {
      const { up, down, isSame, state } = await measureJourney(world, lane, account, 256 * MIB);
      expect({ isSame, state }).toEqual({ isSame: true, state: 'available' });
      process.stdout.write(
        `256 MiB: connector +${String(up.growthMiB)} MiB, replica +${String(down.growthMiB)} MiB\n`,
      );
      expect(up.growthMiB).toBeLessThan(64);
      expect(down.growthMiB).toBeLessThan(64);
    });
  });
});
