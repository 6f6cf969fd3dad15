// The root of trust names the key that signs the audit's checkpoints: in a new home from the beginning, in an older one
// from the next start on.
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectorTrust } from '../../../connector/publish/trust.js';
import { prepareKeys } from '../../../src/cli/quickstart/keys-setup.js';
import { Home, writeSecretFile, type HomeState } from '../../../src/cli/quickstart/home.js';
import { openBucket } from '../../../src/platform/bucket/index.js';
import {
  ConnectorKeyStore,
  keyFolders,
  rootKey,
  ReplicaKeyStore,
  RootKeyStore,
  ServerKeyStore,
} from '../../../src/replication/format/index.js';
import { makeTempFolder } from '../../support/index.js';

let home: Home;
let state: HomeState;
beforeEach(async () => {
  home = new Home(await makeTempFolder('home'));
  await home.make();
  state = await home.open();
});

/** What is known of roots beside the bucket: nothing. */
const noShelf = {
  keep: () => Promise.resolve(),
  after: () => Promise.resolve([]),
  noteUse: () => Promise.resolve(),
};

async function newestRoot(): Promise<{ version: number; auditKeys: string[]; manifestKeys: string[] }> {
  const bucket = openBucket(home.bucketUrl);
  const trust = await ConnectorTrust.load(home.keysFolder, state.tenant, noShelf);
  await trust.refresh(bucket);
  await bucket.close();
  return trust.chain.current;
}

const ownKey = () => new ServerKeyStore(keyFolders(home.keysFolder).server).auditKey();

describe('the audit key', () => {
  it('is in the first root of a new home, and a second start changes nothing', async () => {
    await prepareKeys(home, state);
    const first = await newestRoot();
    expect(first).toMatchObject({ version: 1, auditKeys: [await ownKey()] });
    const file = join(keyFolders(home.keysFolder).server, 'audit-signing.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await prepareKeys(home, state);
    expect(await newestRoot()).toEqual(first);
  });

  it('comes with the next root into a home from before', async () => {
    const folders = keyFolders(home.keysFolder);
    await new ReplicaKeyStore(folders.replica('replica-1')).enrol(state.tenant, 'replica-1');
    const manifestKeys = [(await new ConnectorKeyStore(folders.connector).signer()).publicKey];
    const root = await new RootKeyStore(folders.root).firstRoot(state.tenant, {
      manifestKeys,
      auditKeys: [],
      replicas: [],
    });
    await mkdir(folders.connector, { recursive: true });
    await writeSecretFile(join(folders.connector, 'root.json'), root.toString('utf8'));
    const bucket = openBucket(home.bucketUrl);
    await bucket.put(rootKey(1), root);
    await bucket.close();
    for (const _ of [1, 2]) {
      await prepareKeys(home, state);
      expect(await newestRoot()).toMatchObject({ version: 2, auditKeys: [await ownKey()], manifestKeys });
    }
  });
});
