import { query, type SqlRunner } from '../../../platform/database/index.js';
import { Unavailable } from '../../../platform/errors/index.js';
import type { PolicyComparison } from './preview-policy.js';

/** What a person must have read before a policy is proposed or approved. */
export const policyWarningCodes = [
  'empties-replica',
  'removes-most',
  'lets-held-out',
  'not-compared',
] as const;
export type PolicyWarningCode = (typeof policyWarningCodes)[number];

/** Described for OpenAPI by PolicyWarningDto. */
export interface PolicyWarning {
  readonly code: PolicyWarningCode;
  readonly cause: string;
  readonly effect: string;
  readonly action: string;
}

/** More of the records than this leaving at once is more often a slip of the pen than a wish. */
export const mostPercent = 50;

/** Holds a policy against the one in force. Where that is not possible, this is a warning and no failure. */
export async function comparisonWarnings(compare: () => Promise<PolicyComparison>): Promise<PolicyWarning[]> {
  let compared: PolicyComparison;
  try {
    compared = await compare();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return [notCompared];
  }
  const sum = (count: (type: PolicyComparison['types'][number]) => number) =>
    compared.types.reduce((total, type) => total + count(type), 0);
  const [now, then, leaves] = [
    sum((type) => type.now),
    sum((type) => type.then),
    sum((type) => type.leaves.count),
  ];
  if (now === 0) return [];
  if (then === 0) return [emptiesReplica(now)];
  return leaves * 100 > now * mostPercent ? [removesMost(leaves, now)] : [];
}

/** A new generation holds what is selected then: deletes that the brake keeps back are in it without being asked about. */
export async function heldWarnings(runner: SqlRunner): Promise<PolicyWarning[]> {
  const [held] = await query<{ deletes: Record<string, number> }>(
    runner,
    'SELECT deletes FROM replication.brake_hold',
  );
  if (held === undefined) return [];
  const counts = Object.entries(held.deletes).map(([type, count]) => `${type} ${String(count)}`);
  return [
    {
      code: 'lets-held-out',
      cause: `The brake holds back deletes that nobody has confirmed: ${counts.join(', ')}.`,
      effect: 'A policy that comes into force begins a new generation without those records.',
      action: 'Undo the deletes or confirm them first; acknowledge this only where they may go.',
    },
  ];
}

const emptiesReplica = (now: number): PolicyWarning => ({
  code: 'empties-replica',
  cause: `The policy selects no record at all; the one in force selects ${String(now)}.`,
  effect: 'Every replica will be empty: remote staff can sign in and see nothing.',
  action:
    'Look at `where` and `follows` with a preview; acknowledge this only where the copy is to be emptied.',
});

const removesMost = (leaves: number, now: number): PolicyWarning => ({
  code: 'removes-most',
  cause: `${String(leaves)} of the ${String(now)} records that are in the cloud copy would leave it, more than ${String(mostPercent)} %.`,
  effect: 'Remote staff no longer see them; they stay on the premises as they are.',
  action: 'The preview names some of them by type; acknowledge this only where they are to go.',
});

const notCompared: PolicyWarning = {
  code: 'not-compared',
  cause:
    'This server could not hold the policy against the one in force: it took too long, or no database account is set for it.',
  effect: 'Nobody knows how many records would leave the cloud copy.',
  action: 'Try again when the database is less busy; acknowledge this only where waiting is worse.',
};
