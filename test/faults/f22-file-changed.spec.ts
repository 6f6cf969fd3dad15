import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  FILES_POLICY,
  fileOf,
  gather,
  openAttachmentWorld,
  sealedOf,
  type AttachmentWorld,
  type StoredBlob,
} from '../integration/connector/attachment-world.js';
import type { TestPublisher } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { populate, type FaultWorld } from './fault-world.js';

const POLICY = `${FILES_POLICY.trimEnd().replace('attachments:', 'fields: { description: omit }, attachments:')}
  product:
`;

let world: FaultWorld & AttachmentWorld;
let lane: TestPublisher;
beforeEach(async () => {
  world = await populate(await openAttachmentWorld(), POLICY);
  lane = await world.begin();
});
afterEach(() => world.end());

const retryNow = () => world.sql('UPDATE replication.blob_object SET retry_at = NULL');

async function published(id: string) {
  await lane.settle();
  await world.reader.catchUp();
  return sealedOf(world.reader.rows('attachment').get(id));
}

async function removeFromStore({ storeName }: StoredBlob): Promise<void> {
  const files = await readdir(world.storeFolder, { recursive: true });
  await rm(join(world.storeFolder, files.find((path) => path.endsWith(storeName)) ?? storeName));
}

it('F22 a file that is not the granted one any more, or gone, fails and is never shown; the right one arrives', async () => {
  const content = fileOf(300_000);
  const { id, blob } = await world.attach(world.people.account(0), content);
  // in the local store stands another file than the one that was selected, sealed with the right key
  const digest = 'UPDATE replication.file_grant SET sha256 = $1 WHERE blob_id = $2';
  await world.sql(digest, [randomBytes(32), blob.blobId]);
  expect(await world.upload(blob)).toMatchObject({ state: 'failed', error_code: 'file-changed' });
  expect(await world.objects()).toEqual([]);
  expect((await published(id)).state).toBe('pending');
  await world.sql(digest, [blob.sha256, blob.blobId]);
  await retryNow();
  expect(await world.upload(blob)).toMatchObject({ state: 'available' });
  expect((await gather(await world.opener.open(await published(id)))).equals(content)).toBe(true);

  const gone = await world.attach(world.people.account(1), fileOf(100));
  await removeFromStore(gone.blob);
  expect(await world.upload(gone.blob)).toMatchObject({ state: 'failed', error_code: 'file-missing' });
  expect((await published(gone.id)).state).toBe('pending');
  await expectSound(world);
});
