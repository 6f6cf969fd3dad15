import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConnectorKeyStore,
  createTenantKeys,
  keyFolders,
  ReplicaKeyStore,
  RootKeyStore,
  TrustChain,
  verifyEnrolment,
} from '../../../src/replication/format/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('key store', () => {
  it('makes a root that names the connector and the replicas, in files for nobody else', async () => {
    const folders = keyFolders(folder);
    const { enrolment, file } = await new ReplicaKeyStore(folders.replica('london')).enrol('acme', 'london');
    expect(verifyEnrolment(file, { tenant: 'acme' })).toEqual(enrolment);
    const root = await createTenantKeys({ folder, tenant: 'acme', replicas: [enrolment] });
    const chain = TrustChain.pin(root, { tenant: 'acme' });
    const signer = await new ConnectorKeyStore(folders.connector).signer();
    expect(chain.current.manifestKeys).toEqual([signer.publicKey]);
    expect(chain.current.replicas).toEqual([
      { name: 'london', key: enrolment.key, recipient: enrolment.recipient },
    ]);
    for (const path of [folders.root, folders.connector, folders.replica('london')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
      for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps its keys and refuses a file that others can read', async () => {
    const store = new ConnectorKeyStore(folder);
    const [first, again] = [await store.signer(), await new ConnectorKeyStore(folder).signer()];
    expect(again.publicKey).toBe(first.publicKey);
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => new ConnectorKeyStore(folder).digestKey(3)),
    );
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(await store.digestKey(4)).not.toEqual(keys[0]);
    await chmod(join(folder, 'signing.key'), 0o640);
    await expect(store.signer()).rejects.toThrow('chmod 600');
  });

  it('rotates the root key through a root that both keys signed', async () => {
    const folders = keyFolders(folder);
    const chain = TrustChain.pin(await createTenantKeys({ folder, tenant: 'acme', replicas: [] }), {
      tenant: 'acme',
    });
    const store = new RootKeyStore(folders.root);
    const old = await store.signer();
    await store.rotateRootKey(chain, (root) => Promise.resolve(void chain.extend(root)));
    expect(chain.current.rootKeys.keys).not.toContain(old.publicKey);
    chain.extend(await store.nextRoot(chain, { replicas: [] }));
    expect(chain.current.version).toBe(3);
  });

  it('gives a replica a fresh key per generation and destroys the old one', async () => {
    const store = new ReplicaKeyStore(folder);
    await store.enrol('acme', 'london');
    await store.addRecipient(2);
    const [newest, oldest] = await store.recipients();
    expect([newest?.fromGeneration, oldest?.fromGeneration]).toEqual([2, 1]);
    await store.destroyRecipient(1);
    expect((await store.recipients()).map((entry) => entry.recipient)).toEqual([newest?.recipient]);
    expect(await store.destroyed()).toEqual([oldest?.recipient]);
    expect((await readdir(folder)).sort()).toEqual(['recipient-1.gone', 'recipient-2.key', 'signing.key']);
  });
});
