// Who may decrypt, from the enrolment file of a host to the moment when nothing in the bucket is sealed to it any more.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PINNED_ROOT_FILE } from '../../../connector/publish/trust.js';
import {
  generateSigningKey,
  keyFolders,
  rootKey,
  signerFrom,
  unwrapKey,
  verifyManifest,
  type Manifest,
} from '../../../src/replication/format/index.js';
import { AttachmentOpener } from '../../../src/replication/replica/index.js';
import { addReplica, enrolHost, revokeReplica, viewReplicas } from '../../../src/replication/trust/index.js';
import { makeTempFolder } from '../../support/index.js';
import { fileKeysIn } from '../replication/canary-search.js';
import {
  fileOf,
  FILES_POLICY,
  gather,
  openAttachmentWorld,
  sealedOf,
  signal,
  type AttachmentWorld,
} from './attachment-world.js';
import { Crash, crashAt, TENANT, type TestPublisher } from './connector-world.js';
import {
  admin,
  beat,
  hostOf,
  keysUnder,
  makeHost,
  openKeeper,
  readerOf,
  replaced,
  runReplica,
  type Host,
  type RunningReplica,
} from './trust-world.js';

let world: AttachmentWorld;
let lane: TestPublisher;
let paris: Host;
const running: RunningReplica[] = [];

beforeEach(async () => {
  world = await openAttachmentWorld();
  await world.activate(FILES_POLICY);
  lane = await world.publisher();
  paris = await makeHost(world, 'paris');
});
afterEach(async () => {
  for (const replica of running.splice(0)) await replica.end();
  await world.end();
});

const account = (name: string) => world.insert('crm.account', { name, kind: 'customer', sector: 'retail' });
const add = async (file = paris.file) => addReplica(await openKeeper(world), admin, file);
const revoke = async (name = 'paris') => revokeReplica(await openKeeper(world), admin, name);
const london = () => hostOf('london', world.folder);

async function newest(): Promise<Manifest> {
  const key = (await keysUnder(world, 'm/')).at(-1) ?? '';
  const { chain } = await openKeeper(world);
  return verifyManifest(await world.bucket.get(key), chain, { tenant: TENANT });
}

/** Names of the sealed objects that this host's keys open. */
async function openedBy(host: Pick<Host, 'identities'>): Promise<string[]> {
  const files = await fileKeysIn(world.bucket, TENANT, await host.identities());
  const opened = (await keysUnder(world, 'b/')).filter((key) => files.has(key));
  for (const key of await keysUnder(world, 'd/')) {
    const object = await world.bucket.get(key);
    const header = object.subarray(12, 12 + object.readUInt32BE(8)).toString('utf8');
    const wrapped = Buffer.from((JSON.parse(header) as { key: string }).key, 'base64');
    const canOpen = await unwrapKey(wrapped, await host.identities()).then(
      () => true,
      () => false,
    );
    if (canOpen) opened.push(key);
  }
  return opened;
}

/** Uploads what is owed, publishes what that changes and collects, until nothing more happens. */
async function carryFiles(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await lane.settle();
    await world.collector().collect(signal);
    const uploader = await world.uploader();
    const grants = await world.sql('SELECT blob_id FROM replication.file_grant');
    for (const { blob_id: blobId } of grants) await uploader.upload(String(blobId), signal);
  }
}

const rootCount = async () => (await world.sql('SELECT * FROM replication.trust_root')).length;
const requests = () => world.sql('SELECT * FROM replication.generation_request ORDER BY requested_at');

describe('a replica that is added', () => {
  it('reads everything from a generation that begins for it, rows, and files that are not sent again', async () => {
    const content = fileOf(50_000);
    const { id } = await world.attach(await account('Acme'), content);
    await carryFiles();
    expect((await newest()).recipients).toHaveLength(1);
    expect(await openedBy(paris)).toEqual([]);
    const sent = await keysUnder(world, 'b/');

    await add();
    await carryFiles();
    const manifest = await newest();
    expect(manifest).toMatchObject({ generation: 2, root: 2 });
    expect(new Set(manifest.recipients)).toEqual(new Set([paris.enrolment.recipient, pinRecipient()]));
    for (const host of [paris, london()]) {
      const reader = await readerOf(world, host);
      await reader.catchUp();
      expect(reader.rows('account').size).toBe(1);
      const opener = new AttachmentOpener({
        ...{ bucket: world.bucket, tenant: TENANT, identities: () => host.identities() },
        fileKey: (name) => Promise.resolve(reader.fileKeys.get(name) ?? null),
      });
      const file = await opener.open(sealedOf(reader.rows('attachment').get(id)));
      expect((await gather(file)).equals(content)).toBe(true);
    }
    expect(sent).toHaveLength(1);
    expect(await keysUnder(world, 'b/')).toEqual(sent);
    expect(await requests()).toMatchObject([{ reason: 'the replica paris was added', generation: 2 }]);
  });

  const pinRecipient = () => world.trust.chain.root(1).replicas[0]?.recipient ?? '';

  it('leaves an audit entry in the transaction of its root', async () => {
    await add();
    const [entry] = await world.sql(`SELECT * FROM audit.leaf WHERE type = 'trustRoot'`);
    expect(entry).toMatchObject({ action: 'replica-added', reason: admin.reason, actor_name: 'test' });
    expect(entry?.field_names).toEqual(expect.arrayContaining(['root 2', 'name paris']));
  });
});

describe('an enrolment that cannot be taken', () => {
  const refused = async (file: Buffer, code: string, words: RegExp) => {
    const before = [await rootCount(), (await requests()).length];
    await expect(add(file)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    expect([await rootCount(), (await requests()).length]).toEqual(before);
  };

  it('is one that was used already, or whose name or key is another’s', async () => {
    await add();
    await refused(paris.file, 'already_enrolled', /since root 2/);
    const impostor = await makeHost(world, 'paris');
    await refused(impostor.file, 'replica_name_taken', /revoke paris/);
    const twin = await makeHost(world, 'paris');
    await addTwinUnder('berlin', twin);
    await refused(await renamed(twin, 'rome'), 'replica_key_taken', /berlin/);
  });

  /** The keys of one host under another name. */
  async function renamed(host: Host, name: string): Promise<Buffer> {
    const { cp } = await import('node:fs/promises');
    const folders = keyFolders(host.keysFolder);
    await cp(folders.replica(host.name), folders.replica(name), { recursive: true });
    const { keysFolder } = host;
    const request = { keysFolder, tenant: TENANT, name, root: world.rootObject, isRenewal: false };
    return (await enrolHost(request)).file;
  }

  async function addTwinUnder(name: string, host: Host): Promise<void> {
    await add(await renamed(host, name));
  }

  it('is one whose keys were revoked, for good', async () => {
    await add();
    await revoke();
    await refused(paris.file, 'replica_key_revoked', /root 3/);
    await refused(await renamed(paris, 'lyon'), 'replica_key_revoked', /root 3/);
    await add((await makeHost(world, 'paris')).file);
    expect((await openKeeper(world)).chain.current.replicas.map(({ name }) => name)).toEqual([
      'london',
      'paris',
    ]);
  });

  it('is of another tenant', async () => {
    const { createTenantKeys } = await import('../../../src/replication/format/index.js');
    const folder = await makeTempFolder('globex');
    const root = await createTenantKeys({ folder, tenant: 'globex', replicas: [] });
    const other = await makeHost(world, 'paris', { tenant: 'globex', root });
    await refused(other.file, 'enrolment_other_tenant', /--tenant acme/);
  });

  it('has any bit that is not as it was signed', async () => {
    const text = paris.file.toString('utf8');
    const { payload } = JSON.parse(text) as { payload: string };
    const inside = Buffer.from(payload, 'base64').toString('utf8').replace('paris', 'parjs');
    const changed = text.replace(payload, Buffer.from(inside, 'utf8').toString('base64'));
    await refused(Buffer.from(changed), 'invalid_input', /cannot be used/);
    const flipped = Buffer.from(paris.file);
    const at = text.indexOf('"sig":"') + 10;
    flipped[at] = (flipped[at] ?? 0) === 0x41 ? 0x42 : 0x41;
    await refused(flipped, 'invalid_input', /cannot be used/);
    await refused(Buffer.from('hello'), 'invalid_input', /cannot be used/);
  });

  it('is of a release whose enrolments are another thing', async () => {
    const { signEnvelope } = await import('../../../src/replication/format/envelope.js');
    const signer = signerFrom(generateSigningKey());
    const payload = { ...paris.enrolment, format: 'holdfast-enrolment/2', key: signer.publicKey, more: 1 };
    const file = signEnvelope('application/vnd.holdfast.enrolment+json', payload, [signer]);
    await expect(add(file)).rejects.toMatchObject({
      errors: [{ path: 'enrolment', message: expect.stringContaining('another release') }],
    });
  });

  it('is one for which the root key is not here', async () => {
    const { rm } = await import('node:fs/promises');
    await rm(join(keyFolders(world.folder).root, 'root.key'));
    await refused(paris.file, 'trust_broken', /no key in the folder of root keys/);
  });
});

describe('a replica that is revoked', () => {
  it('opens nothing that is published afterwards, and nothing of the next generation', async () => {
    // of before it came: it has the key with the generation that began for it
    await world.attach(await account('Acme'), fileOf(20_000));
    await carryFiles();
    await add();
    const { id } = await world.attach(await account('Bolt'), fileOf(30_000));
    await carryFiles();
    const files = await keysUnder(world, 'b/');
    expect(files).toHaveLength(2);
    expect(await openedBy(paris)).toEqual(expect.arrayContaining(files));

    await revoke();
    await account('Cask');
    await carryFiles();
    const manifest = await newest();
    expect(manifest).toMatchObject({ generation: 3, root: 3 });
    expect(manifest.recipients).not.toContain(paris.enrolment.recipient);
    const readable = await openedBy(paris);
    expect(readable.filter((key) => key.startsWith('d/00000003/') || key.startsWith('b/'))).toEqual([]);
    // it may keep the keys that it has read, so what they open is gone too
    expect((await keysUnder(world, 'b/')).filter((key) => files.includes(key))).toEqual([]);
    const reader = await readerOf(world, london());
    await reader.catchUp();
    expect(reader.rows('account').size).toBe(3);
    expect(sealedOf(reader.rows('attachment').get(id)).state).toBe('available');
  });

  it('gets nothing of a batch that was sealed before and is not out yet', async () => {
    await lane.settle();
    await add();
    await lane.settle();
    await account('Secret');
    lane = await replaced(world, lane, { listeners: [crashAt('recorded')] });
    await expect(lane.publisher.turn()).rejects.toThrow(Crash);
    await revoke();
    lane = await replaced(world, lane);
    await lane.settle();
    expect((await newest()).generation).toBe(3);
    expect((await openedBy(paris)).filter((key) => !key.startsWith('d/00000002/0000000001-'))).toEqual([]);
  });

  it('is revoked only once the manifest on its way is out', async () => {
    await lane.settle();
    await add();
    await lane.settle();
    await account('Late');
    let revoking: Promise<unknown> | undefined;
    let isDone = false;
    const seen: boolean[] = [];
    const onStep = async (step: string) => {
      if (step === 'manifest-ready' && revoking === undefined) {
        revoking = revoke().then(() => (isDone = true));
        await sleep(500);
        seen.push(isDone);
      }
    };
    lane = await replaced(world, lane, { listeners: [{ onStep }] });
    expect(await lane.publisher.turn()).toBe('published');
    expect(seen).toEqual([false]);
    await revoking;
    expect((await newest()).generation).toBe(2);
    await lane.settle();
    expect((await newest()).generation).toBe(3);
  });

  it('says so in words and keeps what it has; the others go on', async () => {
    await writeFile(join(keyFolders(world.folder).replica('london'), PINNED_ROOT_FILE), world.rootObject, {
      mode: 0o600,
    });
    await account('Acme');
    const [first, second] = [await runReplica(world, london()), await runReplica(world, paris)];
    running.push(first, second);
    await lane.settle();
    await beat(world, lane);
    expect(await second.catchUp()).toBe('failed');
    expect(await second.lastError()).toMatchObject({ code: 'replica.not_enrolled' });

    await add();
    await lane.settle();
    await beat(world, lane);
    for (const replica of [first, second]) {
      expect(await replica.catchUp()).toBe('idle');
      expect([await replica.names(), await replica.position()]).toEqual([['Acme'], '2.1']);
    }

    await revoke();
    await account('Bolt');
    await lane.settle();
    await beat(world, lane);
    expect(await second.catchUp()).toBe('failed');
    expect(await second.lastError()).toMatchObject({
      code: 'replica.revoked',
      message: expect.stringContaining('revoked by root 3'),
    });
    expect([await second.names(), await second.position()]).toEqual([['Acme'], '2.1']);
    await first.catchUp();
    expect([await first.names(), await first.lastError()]).toEqual([['Acme', 'Bolt'], null]);
  });

  it('stays revoked where the bucket hides the root that says so', async () => {
    await add();
    await lane.settle();
    await revoke();
    await lane.settle();
    await beat(world, lane);
    await world.bucket.remove([rootKey(3)]);
    lane = await replaced(world, lane);
    await account('Hidden');
    await lane.settle();
    expect((await newest()).recipients).toEqual([world.trust.chain.root(1).replicas[0]?.recipient]);
    expect(await world.bucket.head(rootKey(3))).not.toBeNull();
  });

  it('stands in the list with the root that took it out', async () => {
    await add();
    await world.sql(
      `INSERT INTO replication.replica_ack (replica, generation, n, applied_at) VALUES ('paris', 2, 1, now())`,
    );
    await revoke();
    expect(await viewReplicas(await openKeeper(world))).toMatchObject([
      { name: 'london', since: 1, revokedBy: null, ack: null },
      { name: 'paris', since: 2, revokedBy: 3, ack: { generation: 2, n: 1 } },
    ]);
    await expect(revoke()).rejects.toMatchObject({
      message: expect.stringContaining('Enrolled are: london'),
    });
  });
});

describe('a database that was set back', () => {
  it('gets from the folder of root keys the roots that it has lost', async () => {
    await add();
    await revoke();
    await world.sql('DELETE FROM replication.trust_root WHERE version > 1');
    await add((await makeHost(world, 'oslo')).file);
    const rows = await world.sql('SELECT version FROM replication.trust_root WHERE version > 1 ORDER BY 1');
    expect(rows.map(({ version }) => version)).toEqual([2, 3, 4]);
    expect((await openKeeper(world)).chain.current.replicas.map(({ name }) => name)).toEqual([
      'london',
      'oslo',
    ]);
  });
});
