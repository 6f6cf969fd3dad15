// What is made on the host that will use it, because the private half never travels: a replica's keys, and the next
// signing key of a connector.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConnectorKeyStore,
  FormatError,
  keyFolders,
  ReplicaKeyStore,
  TrustChain,
  type Enrolment,
} from '../format/index.js';
import { fingerprintOf } from './enrolment-check.js';
import {
  ConnectorKeysElsewhere,
  HostNameInvalid,
  PinDiffers,
  ReplicaNameTaken,
  RootInvalid,
} from './trust.errors.js';

const PINNED_ROOT_FILE = 'root.json';
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export interface HostEnrolment {
  enrolment: Enrolment;
  /** to be carried to the premises */
  file: Buffer;
  /** where the private halves are */
  folder: string;
}

/**
 * Makes a replica's keys, keeps the root that it is to start from, and answers the enrolment. Asked again it answers the
 * same keys.
 * @param request.isRenewal with another recipient key than before
 */
export async function enrolHost(request: {
  keysFolder: string;
  tenant: string;
  name: string;
  root: Buffer;
  isRenewal: boolean;
}): Promise<HostEnrolment> {
  const { keysFolder, tenant, name, root, isRenewal } = request;
  for (const [field, value] of Object.entries({ name, tenant }))
    if (!NAME.test(value)) throw new HostNameInvalid(field);
  const chain = readRoot(root, tenant);
  const folder = keyFolders(keysFolder).replica(name);
  await keepPin(folder, root);
  const keys = new ReplicaKeyStore(folder);
  if (isRenewal) await keys.renewRecipient();
  const { enrolment, file } = await keys.enrol(tenant, name);
  const namesake = chain.current.replicas.find((replica) => replica.name === name);
  if (namesake !== undefined && namesake.key !== enrolment.key)
    throw new ReplicaNameTaken(name, fingerprintOf(namesake.key));
  return { enrolment, file, folder };
}

/**
 * The next signing key of the connector whose folder this is, made there unless one waits to be listed.
 * @param roots those that the database knows, in order; the ones above the pinned one are verified
 * @returns its public half, base64
 * @throws RootInvalid where they do not follow from the pin
 */
export async function prepareManifestKey(
  keysFolder: string,
  tenant: string,
  roots: readonly { version: number; object: Buffer }[],
): Promise<string> {
  const folder = keyFolders(keysFolder).connector;
  const chain = readRoot(await readPin(folder), tenant);
  try {
    for (const { version, object } of roots) if (version > chain.current.version) chain.extend(object);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RootInvalid(error.message, error);
  }
  return nextKey(new ConnectorKeyStore(folder), chain);
}

/**
 * The same on a host that has the connector's folder and the root keys.
 * @throws ConnectorKeysElsewhere where it has not: a key made here would be one that no connector holds
 */
export async function nextManifestKey(keysFolder: string, chain: TrustChain): Promise<string> {
  const store = new ConnectorKeyStore(keyFolders(keysFolder).connector);
  if ((await store.signers()).length === 0) throw new ConnectorKeysElsewhere();
  return nextKey(store, chain);
}

async function nextKey(store: ConnectorKeyStore, chain: TrustChain): Promise<string> {
  const listed = new Set(chain.history().flatMap((root) => root.manifestKeys));
  return (await store.prepareSigner(listed)).publicKey;
}

async function readPin(folder: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, PINNED_ROOT_FILE));
  } catch (error) {
    throw new RootInvalid(
      `there is no ${join(folder, PINNED_ROOT_FILE)}`,
      error instanceof Error ? error : new TypeError('unreadable'),
    );
  }
}

function readRoot(root: Buffer, tenant: string): TrustChain {
  try {
    return TrustChain.pin(root, { tenant });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RootInvalid(
      error.code === 'format.other_tenant' ? `not of tenant ${tenant}` : error.message,
      error,
    );
  }
}

/** A pin decides whom this host believes, so one that is there already is never replaced here. */
async function keepPin(folder: string, root: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, PINNED_ROOT_FILE);
  try {
    await writeFile(path, root, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!(await readFile(path)).equals(root)) throw new PinDiffers(path);
  }
}
