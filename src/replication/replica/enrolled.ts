import type { TrustChain } from '../format/index.js';
import { ReplicaError } from './replica.errors.js';

/**
 * That the newest root still names this replica. One that was revoked could not open what comes, and would otherwise
 * tell of it as of a damaged object. It goes on serving what it has: that was meant for it.
 * @param own its name, and the key that its acks are signed with
 * @param refresh follows the roots in the bucket; answers whether there was a newer one
 */
export async function assertEnrolled(
  trust: TrustChain,
  own: { name: string; key: string },
  refresh: () => Promise<boolean>,
): Promise<void> {
  if (isNamed(trust, own)) return;
  // a pin is often older than the root that has enrolled its host
  if ((await refresh()) && isNamed(trust, own)) return;
  const history = trust.history();
  const last = history.findLast((root) => namesIn(root, own));
  if (last === undefined) {
    throw new ReplicaError(
      'replica.not_enrolled',
      `no root up to ${String(trust.current.version)} names ${own.name} with the key of this host: its enrolment has to be added on premises`,
    );
  }
  throw new ReplicaError(
    'replica.revoked',
    `revoked by root ${String(last.version + 1)}: nothing is sealed to this replica any more, and what it shows stays as it is`,
  );
}

function isNamed(trust: TrustChain, own: { name: string; key: string }): boolean {
  return namesIn(trust.current, own);
}

function namesIn({ replicas }: TrustChain['current'], own: { name: string; key: string }): boolean {
  return replicas.some(({ name, key }) => name === own.name && key === own.key);
}
