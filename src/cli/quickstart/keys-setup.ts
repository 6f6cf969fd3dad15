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
import { readIfThere, writeSecretFile, type Home, type HomeState } from './home.js';

export const replicaName = 'replica-1';

/**
 * Makes the keys of all three hosts, each in its own folder as on separate machines, and the first root of trust:
 * in the bucket for everyone, and as a pin for connector and replica, who must not take the bucket's word for it.
 * Later roots are made by `holdfast cloud replica` and `holdfast cloud keys`; whatever became of the first is kept.
 */
export async function prepareKeys(home: Home, state: HomeState): Promise<void> {
  const folders = keyFolders(home.keysFolder);
  await publishFileRecipient(home.keysFolder);
  const roots = new RootKeyStore(folders.root);
  const root = (await roots.pin()) ?? (await pinOfConnector(home)) ?? (await firstRoot(home, state));
  await roots.keepPin(root);
  for (const folder of [folders.connector, folders.replica(replicaName)]) {
    const path = join(folder, PINNED_ROOT_FILE);
    if ((await readIfThere(path)) === null) await writeSecretFile(path, root.toString('utf8'));
  }
  const bucket = openBucket(home.bucketUrl);
  try {
    if ((await bucket.head(rootKey(1))) === null) await bucket.put(rootKey(1), root, { ifNoneMatch: true });
    await nameAuditKey(home, state, bucket);
  } finally {
    await bucket.close();
  }
}

/** A home from before audits were sealed gets a next root, which names the key that signs their checkpoints. */
async function nameAuditKey(home: Home, state: HomeState, bucket: Bucket): Promise<void> {
  const folders = keyFolders(home.keysFolder);
  const auditKey = await new ServerKeyStore(folders.server).auditKey();
  const pin = join(folders.connector, PINNED_ROOT_FILE);
  const { chain } = await followTenantRoots({ pin, tenant: state.tenant, bucket });
  const { auditKeys, version } = chain.current;
  if (auditKeys.includes(auditKey)) return;
  const next = await new RootKeyStore(folders.root).nextRoot(chain, { auditKeys: [...auditKeys, auditKey] });
  await bucket.put(rootKey(version + 1), next, { ifNoneMatch: true });
}

/** Of a home that was made when the administrator's folder held no pin yet. */
async function pinOfConnector(home: Home): Promise<Buffer | null> {
  const text = await readIfThere(join(keyFolders(home.keysFolder).connector, PINNED_ROOT_FILE));
  return text === null ? null : Buffer.from(text, 'utf8');
}

async function firstRoot(home: Home, state: HomeState): Promise<Buffer> {
  const folders = keyFolders(home.keysFolder);
  const replica = new ReplicaKeyStore(folders.replica(replicaName));
  const { name, key, recipient } = (await replica.enrol(state.tenant, replicaName)).enrolment;
  const connector = await new ConnectorKeyStore(folders.connector).signer();
  return new RootKeyStore(folders.root).firstRoot(state.tenant, {
    manifestKeys: [connector.publicKey],
    auditKeys: [await new ServerKeyStore(folders.server).auditKey()],
    replicas: [{ name, key, recipient }],
  });
}
