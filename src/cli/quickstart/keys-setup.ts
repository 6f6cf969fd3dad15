import { join } from 'node:path';
import { openBucket } from '../../platform/bucket/index.js';
import {
  ConnectorKeyStore,
  keyFolders,
  publishFileRecipient,
  ReplicaKeyStore,
  rootKey,
  RootKeyStore,
} from '../../replication/format/index.js';
import { writeSecretFile, type Home, type HomeState } from './home.js';

export const replicaName = 'replica-1';

/**
 * Makes the keys of all three hosts, each in its own folder as on separate machines, and the first root of trust:
 * in the bucket for everyone, and as a pin for connector and replica, who must not take the bucket's word for it.
 */
export async function prepareKeys(home: Home, state: HomeState): Promise<void> {
  const folders = keyFolders(home.keysFolder);
  const replicaFolder = folders.replica(replicaName);
  const { enrolment } = await new ReplicaKeyStore(replicaFolder).enrol(state.tenant, replicaName);
  await publishFileRecipient(home.keysFolder);
  const connector = await new ConnectorKeyStore(folders.connector).signer();
  const bucket = openBucket(home.bucketUrl);
  try {
    if ((await bucket.head(rootKey(1))) !== null) return;
    const { name, key, recipient } = enrolment;
    const root = await new RootKeyStore(folders.root).firstRoot(state.tenant, {
      manifestKeys: [connector.publicKey],
      replicas: [{ name, key, recipient }],
    });
    for (const folder of [folders.connector, replicaFolder])
      await writeSecretFile(join(folder, 'root.json'), root.toString('utf8'));
    await bucket.put(rootKey(1), root, { ifNoneMatch: true });
  } finally {
    await bucket.close();
  }
}
