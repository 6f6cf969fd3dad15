import { join } from 'node:path';
import { openBucket, type Bucket } from '../../platform/bucket/index.js';
import {
  ConnectorKeyStore,
  keyFolders,
  publishFileRecipient,
  ReplicaKeyStore,
  rootKey,
  RootKeyStore,
  ServerKeyStore,
} from '../../replication/format/index.js';
import { followTenantRoots, PINNED_ROOT_FILE } from '../tenant-roots.js';
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
  const auditKey = await new ServerKeyStore(folders.server).auditKey();
  const bucket = openBucket(home.bucketUrl);
  try {
    if ((await bucket.head(rootKey(1))) !== null) {
      await nameAuditKey(home, state, bucket, auditKey);
      return;
    }
    const { name, key, recipient } = enrolment;
    const root = await new RootKeyStore(folders.root).firstRoot(state.tenant, {
      manifestKeys: [connector.publicKey],
      auditKeys: [auditKey],
      replicas: [{ name, key, recipient }],
    });
    for (const folder of [folders.connector, replicaFolder])
      await writeSecretFile(join(folder, PINNED_ROOT_FILE), root.toString('utf8'));
    await bucket.put(rootKey(1), root, { ifNoneMatch: true });
  } finally {
    await bucket.close();
  }
}

/** A home from before audits were sealed gets a next root, which names the key that signs their checkpoints. */
async function nameAuditKey(home: Home, state: HomeState, bucket: Bucket, auditKey: string): Promise<void> {
  const folders = keyFolders(home.keysFolder);
  const pin = join(folders.connector, PINNED_ROOT_FILE);
  const { chain } = await followTenantRoots({ pin, tenant: state.tenant, bucket });
  const { auditKeys, version } = chain.current;
  if (auditKeys.includes(auditKey)) return;
  const next = await new RootKeyStore(folders.root).nextRoot(chain, { auditKeys: [...auditKeys, auditKey] });
  await bucket.put(rootKey(version + 1), next, { ifNoneMatch: true });
}
