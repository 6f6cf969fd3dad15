// What stands between an enrolment file and the next root: the file proves that somebody holds the keys it names, and
// nothing about which replica that is. So a name and a key are used once.
import {
  FormatError,
  keyIdOf,
  LIMITS,
  verifyEnrolment,
  type Enrolment,
  type TrustChain,
  type TrustRoot,
} from '../format/index.js';
import { replicasOf } from './life-spans.js';
import {
  AlreadyEnrolled,
  EnrolmentInvalid,
  EnrolmentOfOtherTenant,
  RecipientDiffers,
  ReplicaKeyRevoked,
  ReplicaKeyTaken,
  ReplicaNameTaken,
  ReplicaUnknown,
  TooManyReplicas,
} from './trust.errors.js';

/** As people compare keys: the beginning of the key's id. */
export function fingerprintOf(publicKey: string): string {
  return keyIdOf(publicKey).slice(0, 16);
}

/** @throws EnrolmentInvalid, EnrolmentOfOtherTenant */
export function readEnrolment(file: Buffer, tenant: string): Enrolment {
  try {
    return verifyEnrolment(file, { tenant });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (error.code === 'format.other_tenant') throw new EnrolmentOfOtherTenant(tenant);
    throw new EnrolmentInvalid(describe(error), error);
  }
}

function describe(error: FormatError): string {
  if (error.code === 'format.signature_invalid') return 'damaged or changed: its signature does not verify';
  if (error.code === 'format.reader_too_old')
    return `made by another release of Holdfast (${error.message}): bring both hosts to the same`;
  return error.message;
}

/** That this replica can be added. @throws a Conflict that says why not, and what to do */
export function assertNew(enrolment: Enrolment, chain: TrustChain): void {
  const { name, key, recipient } = enrolment;
  const { replicas } = chain.current;
  const namesake = replicas.find((replica) => replica.name === name);
  if (namesake?.key === key) {
    if (namesake.recipient !== recipient) throw new RecipientDiffers(name);
    throw new AlreadyEnrolled(name, sinceOf(chain, key));
  }
  if (namesake !== undefined) throw new ReplicaNameTaken(name, fingerprintOf(namesake.key));
  const holder = replicas.find((replica) => replica.key === key || replica.recipient === recipient);
  if (holder !== undefined) throw new ReplicaKeyTaken(holder.name);
  const last = lastRootWith(chain, (replica) => replica.key === key || replica.recipient === recipient);
  if (last !== null) throw new ReplicaKeyRevoked(last + 1);
  if (replicas.length >= LIMITS.maxRecipients) throw new TooManyReplicas(LIMITS.maxRecipients);
}

/** That this is a replica of the newest root with a recipient key that nobody ever had. */
export function assertRenewed(enrolment: Enrolment, chain: TrustChain): void {
  const { name, key, recipient } = enrolment;
  const { replicas } = chain.current;
  const known = replicas.find((replica) => replica.name === name);
  if (known === undefined)
    throw new ReplicaUnknown(
      name,
      replicas.map((replica) => replica.name),
    );
  if (known.key !== key) throw new ReplicaNameTaken(name, fingerprintOf(known.key));
  if (known.recipient === recipient) throw new AlreadyEnrolled(name, sinceOf(chain, key));
  const last = lastRootWith(chain, (replica) => replica.recipient === recipient);
  if (last !== null) throw new ReplicaKeyRevoked(last + 1);
}

function sinceOf(chain: TrustChain, key: string): number {
  return replicasOf(chain.history()).find((replica) => replica.key === key)?.since ?? chain.current.version;
}

function lastRootWith(
  chain: TrustChain,
  has: (replica: TrustRoot['replicas'][number]) => boolean,
): number | null {
  return chain.history().findLast(({ replicas }) => replicas.some(has))?.version ?? null;
}
