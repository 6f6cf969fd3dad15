import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { NotAllowed } from '../../platform/errors/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';
import { activatePolicy, approverOf, bootstrapPolicy } from './activation/policy-activation.js';
import { proposePolicy } from './activation/policy-proposal.js';
import {
  readActivePolicy,
  readPolicySchema,
  readPolicyVersion,
  readPolicyVersions,
  type PolicyVersion,
} from './activation/policy.store.js';
import { parsePolicy } from './document/parse-policy.js';
import { allowancesOf, type Allowance } from './document/allowances-of.js';
import type { CloudPolicy, PolicyIssue } from './document/policy.model.js';
import { MaintainerDatabase } from './maintainer-database.js';
import { countPolicy, type TypeNumbers } from './policy-numbers.js';
import { PolicyInvalid, PolicyNeedsAcknowledgement, PolicyVersionNotFound } from './policy.errors.js';
import {
  comparisonWarnings,
  heldWarnings,
  type PolicyWarning,
  type PolicyWarningCode,
} from './preview/policy-warnings.js';
import { previewPolicy, type TypePreview } from './preview/preview-policy.js';

export interface PolicyCheck {
  readonly ok: boolean;
  readonly errors: readonly PolicyIssue[];
  /** empty where there are errors */
  readonly counts: readonly TypeNumbers[];
}

export interface PolicyPreview {
  readonly ok: boolean;
  readonly errors: readonly PolicyIssue[];
  /** version of the policy in force; null: nothing leaves now */
  readonly against: number | null;
  /** what it lets out against its classification, and why */
  readonly allow: readonly Allowance[];
  /** empty where there are errors */
  readonly types: readonly TypePreview[];
}

export interface ActivePolicy extends PolicyVersion {
  readonly types: readonly TypeNumbers[];
}

/** How long counts are shown before they are taken again; a status page asks every few seconds. */
const countsAgeMs = 10_000;

/** PostgreSQL's largest integer. */
const maxVersion = 2_147_483_647;

/** What may leave the building: checked, proposed by one person, approved by another, kept for ever. */
@Injectable()
export class PolicyService {
  private counted: { hash: string; at: number; types: readonly TypeNumbers[] } | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly maintainer: MaintainerDatabase,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /** Says all that is wrong with a document, or what it would select. Changes nothing. */
  async check(ctx: RequestContext, yaml: string): Promise<PolicyCheck> {
    this.requireManageCloud(ctx);
    const parsed = parsePolicy(yaml, await readPolicySchema(this.dataSource));
    if (!parsed.ok) return { ok: false, errors: parsed.issues, counts: [] };
    return { ok: true, errors: [], counts: await countPolicy(this.dataSource, parsed.policy) };
  }

  /** What would enter and leave against the policy in force, with samples. Changes nothing. */
  async preview(ctx: RequestContext, yaml: string): Promise<PolicyPreview> {
    this.requireManageCloud(ctx);
    const parsed = parsePolicy(yaml, await readPolicySchema(this.dataSource));
    if (!parsed.ok) return { ok: false, errors: parsed.issues, against: null, allow: [], types: [] };
    const compared = await previewPolicy(await this.maintainer.connect(), parsed.policy, (type) => {
      const hidden = this.access.hiddenFields(ctx, type);
      return this.access.can(ctx, type, 'read') === 'all' && !type.title.some((name) => hidden.has(name));
    });
    return { ok: true, errors: [], allow: allowancesOf(yaml), ...compared };
  }

  /** @throws PolicyInvalid, PolicyVersionTaken, PolicyNeedsAcknowledgement */
  async propose(
    ctx: RequestContext,
    yaml: string,
    reason: string,
    acknowledged: readonly PolicyWarningCode[] = [],
  ): Promise<PolicyVersion> {
    this.requireManageCloud(ctx);
    const parsed = parsePolicy(yaml, await readPolicySchema(this.dataSource));
    if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
    requireAcknowledged(await this.warnings(parsed.policy), acknowledged);
    return this.version(ctx, await proposePolicy(this.dataSource, this.audit, ctx, yaml, reason));
  }

  /**
   * Puts a proposed version into force.
   * @throws SecondPersonNeeded, PolicyNotProposed, PolicyInvalid, PolicyNeedsAcknowledgement
   */
  async approve(
    ctx: RequestContext,
    version: number,
    acknowledged: readonly PolicyWarningCode[] = [],
  ): Promise<PolicyVersion> {
    this.requireManageCloud(ctx);
    const proposed = await this.version(ctx, version);
    approverOf(ctx, proposed);
    const parsed = parsePolicy(proposed.yaml, await readPolicySchema(this.dataSource));
    if (!parsed.ok) throw new PolicyInvalid(parsed.issues);
    // since it was proposed the records may have changed
    const warnings = [...(await this.warnings(parsed.policy)), ...(await heldWarnings(this.dataSource))];
    requireAcknowledged(warnings, acknowledged);
    await activatePolicy(await this.maintainer.connect(), this.audit, ctx, version);
    return this.version(ctx, version);
  }

  /** The first policy of an installation. Called by the installer and the demonstration, by no route. */
  async bootstrap(ctx: RequestContext, yaml: string, reason: string): Promise<void> {
    await bootstrapPolicy(await this.maintainer.connect(), this.audit, ctx, yaml, reason);
  }

  async active(ctx: RequestContext): Promise<ActivePolicy | null> {
    this.requireManageCloud(ctx);
    const active = await readActivePolicy(this.dataSource);
    return active && { ...active, types: await this.counts(active) };
  }

  /** Newest first. */
  async history(ctx: RequestContext): Promise<PolicyVersion[]> {
    this.requireManageCloud(ctx);
    return readPolicyVersions(this.dataSource);
  }

  async version(ctx: RequestContext, version: number): Promise<PolicyVersion> {
    this.requireManageCloud(ctx);
    const found = version <= maxVersion ? await readPolicyVersion(this.dataSource, version) : null;
    if (!found) throw new PolicyVersionNotFound(version);
    return found;
  }

  /** Counts of the policy in force, at most ten seconds old. */
  async counts(active: Pick<PolicyVersion, 'yaml' | 'hash'>): Promise<readonly TypeNumbers[]> {
    const now = Date.now();
    if (this.counted?.hash === active.hash && now - this.counted.at < countsAgeMs) return this.counted.types;
    const parsed = parsePolicy(active.yaml, await readPolicySchema(this.dataSource), { isApproved: true });
    // A field that the policy names was removed since: the views stand as they are, the numbers cannot be told.
    const types = parsed.ok ? await countPolicy(this.dataSource, parsed.policy) : [];
    this.counted = { hash: active.hash, at: now, types };
    return types;
  }

  private warnings(policy: CloudPolicy): Promise<PolicyWarning[]> {
    return comparisonWarnings(async () =>
      previewPolicy(await this.maintainer.connect(), policy, () => false),
    );
  }

  private requireManageCloud(ctx: RequestContext): void {
    if (!this.access.hasFlag(ctx, 'manageCloud')) throw new NotAllowed();
  }
}

function requireAcknowledged(
  warnings: readonly PolicyWarning[],
  acknowledged: readonly PolicyWarningCode[],
): void {
  const open = warnings.filter(({ code }) => !acknowledged.includes(code));
  if (open.length > 0) throw new PolicyNeedsAcknowledgement(open);
}
