// Signing keys that change while batches follow one another, and keys that are lost.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { ReceiptMaker } from '../../../connector/receipts/index.js';
import { PINNED_ROOT_FILE } from '../../../connector/publish/trust.js';
import {
  beatKey,
  ConnectorKeyStore,
  keyFolders,
  manifestKey,
  receiptKey,
  RootKeyStore,
  rootKey,
  signBeat,
  signerFrom,
  signManifest,
  TrustChain,
  verifyManifest,
  verifyReceipt,
  type Signer,
} from '../../../src/replication/format/index.js';
import {
  addManifestKey,
  addReplica,
  fingerprintOf,
  nextManifestKey,
  prepareManifestKey,
  retireManifestKey,
  rotateRecipient,
  rotateRootKey,
  viewKeys,
} from '../../../src/replication/trust/index.js';
import { openWorld, TENANT, type ConnectorWorld, type TestPublisher } from './connector-world.js';
import {
  admin,
  beat,
  connectorFolder,
  hostOf,
  keysUnder,
  makeHost,
  openKeeper,
  pinOf,
  readerOf,
  replaced,
  runReplica,
  type RunningReplica,
} from './trust-world.js';

let world: ConnectorWorld;
let lane: TestPublisher;
const running: RunningReplica[] = [];

beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  lane = await world.publisher();
  const pin = join(keyFolders(world.folder).replica('london'), PINNED_ROOT_FILE);
  await writeFile(pin, world.rootObject, { mode: 0o600 });
});
afterEach(async () => {
  for (const replica of running.splice(0)) await replica.end();
  await world.end();
});

const account = (name: string) => world.insert('crm.account', { name, kind: 'customer' });
const london = () => hostOf('london', world.folder);

/** As `holdfast cloud keys rotate --manifest` does on a host that has the connector's folder. @returns the new key */
async function rotate(): Promise<string> {
  const keeper = await openKeeper(world);
  const key = await nextManifestKey(world.folder, keeper.chain);
  await addManifestKey(keeper, admin, key);
  return key;
}

const retire = async (key: string, isForced = false) =>
  retireManifestKey(await openKeeper(world), admin, fingerprintOf(key), isForced);

async function follow(): Promise<RunningReplica> {
  const replica = await runReplica(world, london());
  running.push(replica);
  return replica;
}

async function publish(name: string): Promise<void> {
  await account(name);
  await lane.settle();
  await beat(world, lane);
}

const signedBy = async (key: string): Promise<string[]> => {
  const envelope = JSON.parse((await world.bucket.get(key)).toString('utf8')) as {
    signatures: { keyid: string }[];
  };
  return envelope.signatures.map(({ keyid }) => keyid.slice(0, 16));
};

const rootText = async () => readFile(join(keyFolders(world.folder).root, 'root.key'), 'utf8');

describe('a manifest key that is rotated in the middle of a chain', () => {
  it('is taken up without a pause; the old one is retired, and the replica follows all of it', async () => {
    const replica = await follow();
    const old = world.trust.signer.publicKey;
    await publish('first');
    await replica.catchUp();
    const fresh = await rotate();
    await publish('second');
    expect(await signedBy(manifestKey(1, 2))).toEqual([fingerprintOf(fresh)]);
    expect(await signedBy(beatKey)).toEqual([fingerprintOf(fresh)]);
    await replica.catchUp();
    expect([await replica.position(), await replica.lastError()]).toEqual(['1.2', null]);

    await retire(old);
    await publish('third');
    expect(await signedBy(manifestKey(2, 1))).toEqual([fingerprintOf(fresh)]);
    await replica.catchUp();
    expect([await replica.position(), await replica.lastError()]).toEqual(['2.1', null]);
    expect(await replica.names()).toEqual(['first', 'second', 'third']);
    expect(await viewKeys(await openKeeper(world))).toMatchObject([
      { kind: 'root', since: 1, retiredBy: null },
      { kind: 'manifest', key: old, since: 1, retiredBy: 3, isInUse: false },
      { kind: 'manifest', key: fresh, since: 2, retiredBy: null, isInUse: true },
    ]);
    const left = (await readdir(connectorFolder(world))).filter((name) => name.startsWith('signing'));
    expect(left).toEqual(['signing-2.key']);
  });

  it('signs nothing any more that a replica takes, once it is retired', async () => {
    const replica = await follow();
    const thief = await oldSigner();
    await publish('first');
    await replica.catchUp();
    await rotate();
    await lane.settle();
    await retire(thief.publicKey);
    await publish('second');
    await replica.catchUp();
    expect(await replica.position()).toBe('2.1');

    const { chain } = await openKeeper(world);
    const bytes = await world.bucket.get(manifestKey(2, 1));
    const manifest = verifyManifest(bytes, chain, { tenant: TENANT });
    for (const root of [2, 3]) {
      const forged = { ...manifest, root, n: 2, kind: 'delta' as const, previous: 'ab'.repeat(32) };
      await world.bucket.put(manifestKey(2, 2), signManifest(forged, thief));
      expect(await replica.catchUp()).toBe('failed');
      expect(await replica.lastError()).toMatchObject({ code: 'format.signature_invalid' });
    }
    await world.bucket.remove([manifestKey(2, 2)]);
    const at = new Date().toISOString();
    const later = {
      ...{ format: 'holdfast-beat/1' as const, tenant: TENANT, root: 3, generation: 9, n: 1 },
      ...{ manifest: 'ab'.repeat(32), epoch: 9, asOf: at, createdAt: at, expires: at },
    };
    await world.bucket.put(beatKey, signBeat(later, thief));
    expect(await replica.catchUp()).toBe('failed');
    expect(await replica.lastError()).toMatchObject({ code: 'format.signature_invalid' });
    expect([await replica.position(), await replica.names()]).toEqual(['2.1', ['first', 'second']]);
  });

  it('signs anew, word for word, the receipts that the retired one signed', async () => {
    const old = world.trust.signer.publicKey;
    await publish('first');
    await world.sql(
      `INSERT INTO replication.generation_request (reason, purge_at_once) VALUES ('erasure', true)`,
    );
    lane.publisher.rebaser.lookNow();
    await publish('second');
    const objects = await purgeGenerationsBelow(world.bucket, 2, new AbortController().signal);
    await world.sql(
      `UPDATE replication.generation SET state = 'purged', purged_objects = $1, listed_at = clock_timestamp() WHERE id = 1`,
      [objects],
    );
    const { bucket, trust } = world;
    const maker = new ReceiptMaker({ ...{ db: lane.db, bucket, trust }, versionsMayRemain: false });
    expect(await maker.run()).toEqual([2]);
    const read = async () => {
      const { chain } = await openKeeper(world);
      return verifyReceipt(await bucket.get(receiptKey(2)), chain, { tenant: TENANT });
    };
    const before = await read();

    await rotate();
    await lane.settle();
    expect(await maker.run()).toEqual([]);
    await retire(old);
    await publish('third');
    await expect(read()).rejects.toMatchObject({ code: 'format.signature_invalid' });
    expect(await maker.run()).toEqual([2]);
    expect(await read()).toEqual({ ...before, root: 3, sequence: before.sequence + 1 });
    expect(await maker.run()).toEqual([]);
  });

  async function oldSigner(): Promise<Signer> {
    return signerFrom(await readFile(join(connectorFolder(world), 'signing.key'), 'utf8'));
  }

  it('stops a reader that is stuck on the old root, which goes on when it has the next', async () => {
    await publish('first');
    await rotate();
    await publish('second');
    const bytes = await world.bucket.get(manifestKey(1, 2));
    const stuck = pinOf(world);
    expect(() => verifyManifest(bytes, stuck, { tenant: TENANT })).toThrow('signed by an unknown key');
    stuck.extend(await world.bucket.get(rootKey(2)));
    expect(verifyManifest(bytes, stuck, { tenant: TENANT })).toMatchObject({ root: 2, n: 2 });
    const older = verifyManifest(await world.bucket.get(manifestKey(1, 1)), stuck, { tenant: TENANT });
    expect(older.root).toBe(1);
  });

  it('is not retired while the connector signs with it, and never as the last', async () => {
    const old = world.trust.signer.publicKey;
    await publish('first');
    await expect(retire(old)).rejects.toMatchObject({ code: 'last_manifest_key' });
    const fresh = await rotate();
    await expect(retire(old)).rejects.toMatchObject({ code: 'manifest_key_in_use' });
    await lane.settle();
    await expect(retire(fresh)).rejects.toMatchObject({ code: 'manifest_key_in_use' });
    await expect(retireManifestKey(await openKeeper(world), admin, 'ffff', true)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(addManifestKey(await openKeeper(world), admin, old)).rejects.toMatchObject({
      code: 'manifest_key_known',
    });
    await expect(retire(old)).resolves.toBe(old);
  });

  it('is asked of the connector’s host where it is another one, and answered there the same until it is listed', async () => {
    await publish('first');
    const shelf = async () =>
      (await world.sql('SELECT version, object FROM replication.trust_root ORDER BY version')) as unknown as {
        version: number;
        object: Buffer;
      }[];
    const prepared = await prepareManifestKey(world.folder, TENANT, await shelf());
    expect(await prepareManifestKey(world.folder, TENANT, await shelf())).toBe(prepared);
    await addManifestKey(await openKeeper(world), admin, prepared);
    expect(await prepareManifestKey(world.folder, TENANT, await shelf())).not.toBe(prepared);
    await expect(
      addManifestKey(await openKeeper(world), admin, Buffer.alloc(31).toString('base64')),
    ).rejects.toMatchObject({ code: 'trust_broken', message: expect.stringContaining('32 bytes') });
  });
});

describe('a signing key that is lost', () => {
  it('stops publishing with words and not with another key; a new one is brought in by a root', async () => {
    await publish('first');
    const lost = world.trust.signer.publicKey;
    await rm(join(connectorFolder(world), 'signing.key'));
    const crippled = await replaced(world, lane);
    await account('second');
    const before = await keysUnder(world, '');
    await expect(crippled.publisher.turn()).rejects.toMatchObject({
      code: 'signing-key-missing',
      message: expect.stringContaining('root 1'),
    });
    expect(await keysUnder(world, '')).toEqual(before);
    expect((await readdir(connectorFolder(world))).filter((name) => name.startsWith('signing'))).toEqual([]);
    await expect(rotate()).rejects.toMatchObject({ code: 'connector_keys_elsewhere' });

    const fresh = await prepareManifestKey(world.folder, TENANT, []);
    await addManifestKey(await openKeeper(world), admin, fresh);
    expect(await crippled.settle()).toContain('published');
    await retire(lost);
    await crippled.settle();
    const reader = await readerOf(world, london());
    await reader.catchUp();
    expect(reader.rows('account').size).toBe(2);
  });

  it('is told apart from one that others can read', async () => {
    const { chmod } = await import('node:fs/promises');
    await publish('first');
    await chmod(join(connectorFolder(world), 'signing.key'), 0o644);
    const other = await replaced(world, lane);
    await expect(other.publisher.turn()).rejects.toMatchObject({
      code: 'signing-key-unreadable',
      message: expect.stringContaining('chmod 600'),
    });
  });
});

describe('a root key', () => {
  it('is followed by a fresh one that both have signed; readers and connector go on', async () => {
    const replica = await follow();
    await publish('first');
    await replica.catchUp();
    const old = await rootText();
    await rotateRootKey(await openKeeper(world), admin);
    expect(await rootText()).not.toBe(old);
    await addReplica(await openKeeper(world), admin, (await makeHost(world, 'paris')).file);
    await publish('second');
    await replica.catchUp();
    expect([await replica.names(), await replica.lastError()]).toEqual([['first', 'second'], null]);
    expect(world.trust.chain.current).toMatchObject({ version: 3 });
  });

  it('stays the old one where its root could not go out, and is the fresh one where it could', async () => {
    const folder = keyFolders(world.folder).root;
    const store = new RootKeyStore(folder);
    const chain = pinOf(world);
    const broken = () => Promise.reject(new Error('no database'));
    await expect(store.rotateRootKey(chain, broken)).rejects.toThrow('no database');
    await addReplica(await openKeeper(world), admin, (await makeHost(world, 'paris')).file);

    const keeper = await openKeeper(world);
    const old = await rootText();
    const cut = async (root: Buffer) => {
      await keeper.publish(admin, root, { action: 'root-key-rotated', facts: [], newGeneration: null });
      throw new Error('killed');
    };
    await expect(keeper.withFreshRootKey(cut)).rejects.toThrow('killed');
    expect(await rootText()).toBe(old);
    await addReplica(await openKeeper(world), admin, (await makeHost(world, 'oslo')).file);
    expect(await rootText()).not.toBe(old);
    expect(await readdir(folder)).not.toContain('root.next.key');
  });

  it('is nowhere that the connector reads, and the connector works where the folder is away', async () => {
    await publish('first');
    await rotate();
    await publish('second');
    const secret = (await rootText()).trim();
    for (const name of await readdir(connectorFolder(world))) {
      expect(name).toMatch(/^(root\.json|files\.key|(signing|names|digest)(-\d+)?\.key)$/);
      expect(await readFile(join(connectorFolder(world), name), 'utf8')).not.toContain(secret);
    }
    await rename(keyFolders(world.folder).root, `${keyFolders(world.folder).root}-elsewhere`);
    lane = await replaced(world, lane);
    await account('third');
    expect(await lane.settle()).toContain('published');
  });

  it('of somebody else does not decide: what it signed is refused by connector and administrator', async () => {
    await publish('first');
    const stranger = new RootKeyStore(join(world.folder, 'stranger'));
    const own = await stranger.firstRoot(TENANT, {
      manifestKeys: pinOf(world).current.manifestKeys,
      auditKeys: [],
      replicas: [],
    });
    const forged = await stranger.nextRoot(TrustChain.pin(own, { tenant: TENANT }), { replicas: [] });
    await world.sql('INSERT INTO replication.trust_root (version, object) VALUES (2, $1)', [forged]);
    await account('second');
    await expect(lane.publisher.turn()).rejects.toMatchObject({ code: 'root-refused' });
    await expect(openKeeper(world)).rejects.toMatchObject({ code: 'trust_broken' });
    expect(await world.bucket.head(rootKey(2))).toBeNull();
  });
});

describe('a recipient key', () => {
  it('of a replica is followed by another one of its own making', async () => {
    const paris = await makeHost(world, 'paris');
    await lane.settle();
    await addReplica(await openKeeper(world), admin, paris.file);
    await publish('first');
    const renewed = await renew();
    await expect(addReplica(await openKeeper(world), admin, renewed.file)).rejects.toMatchObject({
      code: 'recipient_differs',
    });
    await rotateRecipient(await openKeeper(world), admin, renewed.file);
    await publish('second');
    const manifest = verifyManifest(
      await world.bucket.get(manifestKey(3, 1)),
      (await openKeeper(world)).chain,
      { tenant: TENANT },
    );
    expect(manifest.recipients).toContain(renewed.enrolment.recipient);
    expect(manifest.recipients).not.toContain(paris.enrolment.recipient);
    await expect(rotateRecipient(await openKeeper(world), admin, paris.file)).rejects.toMatchObject({
      code: 'replica_key_revoked',
    });
    const reader = await readerOf(world, paris);
    await reader.catchUp();
    expect(reader.rows('account').size).toBe(2);

    async function renew() {
      const { enrolHost } = await import('../../../src/replication/trust/index.js');
      const { keysFolder, name } = paris;
      const request = { keysFolder, tenant: TENANT, name, root: world.rootObject, isRenewal: true };
      return enrolHost(request);
    }
  });
});

describe('the connector’s keys', () => {
  it('are read newest first', async () => {
    const store = new ConnectorKeyStore(connectorFolder(world));
    const listed = new Set<string>();
    for (let round = 0; round < 11; round += 1) {
      const [newest] = await store.signers();
      if (newest !== undefined) listed.add(newest.signer.publicKey);
      await store.prepareSigner(listed);
    }
    const files = (await store.signers()).map(({ file }) => file);
    expect([files[0], files[1], files.at(-1)]).toEqual(['signing-12.key', 'signing-11.key', 'signing.key']);
  });
});
