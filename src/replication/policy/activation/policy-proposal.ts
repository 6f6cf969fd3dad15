import type { DataSource } from 'typeorm';
import type { AuditTrail } from '../../../audit/index.js';
import { query, withTransaction } from '../../../platform/database/index.js';
import type { RequestContext } from '../../../records/index.js';
import { parsePolicy } from '../document/parse-policy.js';
import { PolicyInvalid, PolicyVersionTaken, SecondPersonNeeded } from '../policy.errors.js';
import { latestVersion, policyHash, readPolicySchema } from './policy.store.js';

/**
 * Keeps a new version for somebody else to approve. Its number stands in the document and must be a new one.
 * @returns the version
 */
export async function proposePolicy(
  app: DataSource,
  audit: Pick<AuditTrail, 'append'>,
  ctx: RequestContext,
  yaml: string,
  reason: string,
): Promise<number> {
  const proposer = ctx.principal.userId;
  if (proposer === null) throw new SecondPersonNeeded('A policy is proposed by a person.');
  return withTransaction(app, async (tx) => {
    const parsed = parsePolicy(yaml, await readPolicySchema(tx));
    if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
    const { version } = parsed.policy;
    const latest = await latestVersion(tx);
    if (version <= latest) throw new PolicyVersionTaken(version, latest);
    const hash = policyHash(yaml);
    // Two proposals at once may both see the same latest version; the primary key lets one of them through.
    const made = await query(
      tx,
      `INSERT INTO replication.policy (version, yaml, hash, proposed_by, reason)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version) DO NOTHING RETURNING version`,
      [version, yaml, hash, proposer, reason],
    );
    if (made.length === 0) throw new PolicyVersionTaken(version, version);
    await audit.append(tx, ctx, [
      {
        action: 'policy-proposed',
        type: 'cloudPolicy',
        recordId: null,
        fieldNames: [`version ${String(version)}`, `sha256 ${hash}`],
        before: null,
        after: null,
      },
    ]);
    return version;
  });
}
