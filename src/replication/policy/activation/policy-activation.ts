import type { DataSource, QueryRunner } from 'typeorm';
import type { AuditTrail } from '../../../audit/index.js';
import { query, withTransaction } from '../../../platform/database/index.js';
import type { RequestContext } from '../../../records/index.js';
import { policyGate } from '../../policy-gate/index.js';
import { compilePolicy } from '../compile/compile-policy.js';
import { parsePolicy } from '../document/parse-policy.js';
import type { CloudPolicy } from '../document/policy.model.js';
import {
  PolicyAlreadyInstalled,
  PolicyInvalid,
  PolicyNotProposed,
  PolicyVersionNotFound,
  PublishingUnderWay,
  SecondPersonNeeded,
} from '../policy.errors.js';
import { installViews } from './install-views.js';
import {
  latestVersion,
  policyHash,
  readPolicySchema,
  readPolicyVersion,
  type PolicyVersion,
} from './policy.store.js';

type Auditor = Pick<AuditTrail, 'append'>;

/** Serialises activations; any fixed number would do. */
const activationLock = 7_081_340_002;

/** A manifest is small; where its PUT takes longer, the bucket does not answer. */
const gateWaitMs = 30_000;
const lockNotAvailable = '55P03';

/**
 * Puts a version into force, as holdfast_maintainer: views, triggers, catalogue, state and audit row are one
 * transaction. The person who proposed it cannot be the one who approves it, which the table checks as well.
 */
export async function activatePolicy(
  maintainer: DataSource,
  audit: Auditor,
  ctx: RequestContext,
  version: number,
): Promise<void> {
  await withTransaction(maintainer, async (tx) => {
    await lock(tx);
    const proposed = await readPolicyVersion(tx, version);
    if (!proposed) throw new PolicyVersionNotFound(version);
    await putIntoForce(tx, audit, ctx, proposed, approverOf(ctx, proposed));
  });
}

/** Who approves, where that person may. @throws PolicyNotProposed, SecondPersonNeeded */
export function approverOf(ctx: RequestContext, { version, state, proposedBy }: PolicyVersion): string {
  if (state !== 'proposed') throw new PolicyNotProposed(version, state);
  const { userId } = ctx.principal;
  if (userId === null) throw new SecondPersonNeeded('A policy is approved by a person.');
  if (proposedBy === null || proposedBy.id === userId)
    throw new SecondPersonNeeded('You proposed this version. Somebody else must approve it.');
  return userId;
}

/**
 * The very first policy of an installation, which nobody is there to approve yet. The reason is kept with it.
 * @throws PolicyAlreadyInstalled where any version exists
 */
export async function bootstrapPolicy(
  maintainer: DataSource,
  audit: Auditor,
  ctx: RequestContext,
  yaml: string,
  reason: string,
): Promise<void> {
  await withTransaction(maintainer, async (tx) => {
    await lock(tx);
    if ((await latestVersion(tx)) > 0) throw new PolicyAlreadyInstalled();
    await query(
      tx,
      `INSERT INTO replication.policy (version, yaml, hash, bootstrap, proposed_by, reason)
       VALUES (1, $1, $2, true, $3, $4)`,
      [yaml, policyHash(yaml), ctx.principal.userId, reason],
    );
    const first = await readPolicyVersion(tx, 1);
    if (!first) throw new PolicyVersionNotFound(1);
    await putIntoForce(tx, audit, ctx, first, null);
  });
}

async function lock(tx: QueryRunner): Promise<void> {
  await query(tx, 'SELECT pg_advisory_xact_lock($1)', [activationLock]);
}

async function putIntoForce(
  tx: QueryRunner,
  audit: Auditor,
  ctx: RequestContext,
  chosen: PolicyVersion,
  approver: string | null,
): Promise<void> {
  const policy = await readPolicy(tx, chosen.yaml);
  await installViews(tx, compilePolicy(policy), chosen.version);
  await closeGate(tx);
  await query(tx, `UPDATE replication.policy SET state = 'superseded' WHERE state = 'active'`);
  await query(
    tx,
    `UPDATE replication.policy SET state = 'active', approved_by = $2, activated_at = now(), brake_deletes = $3
     WHERE version = $1`,
    [chosen.version, approver, policy.brake.deletes],
  );
  await audit.append(tx, ctx, [
    {
      action: chosen.bootstrap ? 'policy-installed' : 'policy-approved',
      type: 'cloudPolicy',
      recordId: null,
      fieldNames: [`version ${String(chosen.version)}`, `sha256 ${chosen.hash}`],
      before: null,
      after: null,
    },
  ]);
}

/** Waits for the manifest that is being put, and lets none begin until this is committed. */
async function closeGate(tx: QueryRunner): Promise<void> {
  await query(tx, `SET LOCAL lock_timeout = '${String(gateWaitMs)}'`);
  await query(tx, 'SELECT pg_advisory_xact_lock($1)', [policyGate]).catch((error: unknown) => {
    throw (error as { code?: unknown }).code === lockNotAvailable ? new PublishingUnderWay() : error;
  });
}

/** Read again at activation: since it was proposed a field may have gone, and then nobody has agreed to the rest. */
async function readPolicy(tx: QueryRunner, yaml: string): Promise<CloudPolicy> {
  const parsed = parsePolicy(yaml, await readPolicySchema(tx));
  if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
  return parsed.policy;
}
