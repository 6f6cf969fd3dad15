import type { RequestContext } from '../../platform/http/index.js';
import type { Enrolment, TrustRoot } from '../format/index.js';
import { assertNew, assertRenewed, fingerprintOf, readEnrolment } from './enrolment-check.js';
import type { TrustKeeper } from './trust-keeper.js';
import { ReplicaUnknown } from './trust.errors.js';

type Named = TrustRoot['replicas'][number];

/** Lets a replica read: what is published from now on is sealed to it too, beginning with a snapshot made for it. */
export async function addReplica(keeper: TrustKeeper, ctx: RequestContext, file: Buffer): Promise<Enrolment> {
  const enrolment = readEnrolment(file, keeper.chain.current.tenant);
  assertNew(enrolment, keeper.chain);
  const added = namedIn(enrolment);
  await publishReplicas(keeper, ctx, [...keeper.chain.current.replicas, added], {
    action: 'replica-added',
    facts: factsOf(added),
    newGeneration: `the replica ${added.name} was added`,
  });
  return enrolment;
}

/** Takes a replica out: nothing is sealed to it any more, and what is in the bucket is sealed again without it. */
export async function revokeReplica(keeper: TrustKeeper, ctx: RequestContext, name: string): Promise<Named> {
  const { replicas } = keeper.chain.current;
  const revoked = replicas.find((replica) => replica.name === name);
  if (revoked === undefined)
    throw new ReplicaUnknown(
      name,
      replicas.map((replica) => replica.name),
    );
  const rest = replicas.filter((replica) => replica !== revoked);
  await publishReplicas(keeper, ctx, rest, {
    action: 'replica-revoked',
    facts: factsOf(revoked),
    newGeneration: `the replica ${name} was revoked`,
  });
  return revoked;
}

/** Seals to another key of a replica that has made one. */
export async function rotateRecipient(
  keeper: TrustKeeper,
  ctx: RequestContext,
  file: Buffer,
): Promise<Enrolment> {
  const enrolment = readEnrolment(file, keeper.chain.current.tenant);
  assertRenewed(enrolment, keeper.chain);
  const renewed = namedIn(enrolment);
  const replicas = keeper.chain.current.replicas.map((each) => (each.name === renewed.name ? renewed : each));
  await publishReplicas(keeper, ctx, replicas, {
    action: 'recipient-rotated',
    facts: factsOf(renewed),
    newGeneration: `the replica ${renewed.name} has another recipient key`,
  });
  return enrolment;
}

async function publishReplicas(
  keeper: TrustKeeper,
  ctx: RequestContext,
  replicas: Named[],
  change: Parameters<TrustKeeper['publish']>[2],
): Promise<void> {
  await keeper.publish(ctx, await keeper.sign({ replicas }), change);
}

function namedIn({ name, key, recipient }: Enrolment): Named {
  return { name, key, recipient };
}

function factsOf({ name, key, recipient }: Named): string[] {
  return [`name ${name}`, `key ${fingerprintOf(key)}`, `recipient ${recipient}`];
}
