import { createHash } from 'node:crypto';
import { query, type SqlRunner } from '../../../platform/database/index.js';
import { recordTypes } from '../../../records/index.js';
import { allowancesOf, type Allowance } from '../document/allowances-of.js';
import {
  createPolicySchema,
  type CustomFieldDefinition,
  type PolicySchema,
} from '../document/policy-schema.js';

export type PolicyState = 'proposed' | 'active' | 'superseded' | 'rejected';

/** One version of the policy as it is kept; versions are never changed and never removed. */
export interface PolicyVersion {
  readonly version: number;
  readonly yaml: string;
  /** SHA-256 of the YAML text's UTF-8 bytes, in hex */
  readonly hash: string;
  readonly state: PolicyState;
  /** came with the installation, approved by nobody */
  readonly bootstrap: boolean;
  readonly proposedBy: { readonly id: string; readonly name: string | null } | null;
  readonly approvedBy: { readonly id: string; readonly name: string | null } | null;
  readonly reason: string;
  /** what it lets out against its classification, and why */
  readonly allow: readonly Allowance[];
  readonly proposedAt: Date;
  readonly activatedAt: Date | null;
}

const selectVersions = `
  SELECT p.version, p.yaml, p.hash, p.state, p.bootstrap, p.reason,
    p.proposed_at AS "proposedAt", p.activated_at AS "activatedAt",
    CASE WHEN p.proposed_by IS NOT NULL THEN json_build_object('id', p.proposed_by, 'name', a.name) END AS "proposedBy",
    CASE WHEN p.approved_by IS NOT NULL THEN json_build_object('id', p.approved_by, 'name', b.name) END AS "approvedBy"
  FROM replication.policy p
  LEFT JOIN crm."user" a ON a.id = p.proposed_by
  LEFT JOIN crm."user" b ON b.id = p.approved_by`;

export function policyHash(yaml: string): string {
  return createHash('sha256').update(yaml, 'utf8').digest('hex');
}

async function readVersions(
  runner: SqlRunner,
  rest: string,
  parameters: unknown[] = [],
): Promise<PolicyVersion[]> {
  const sql = `${selectVersions} ${rest}`;
  const rows = await query<Omit<PolicyVersion, 'allow'>>(runner, sql, parameters);
  return rows.map((row) => ({ ...row, allow: allowancesOf(row.yaml) }));
}

export async function readActivePolicy(runner: SqlRunner): Promise<PolicyVersion | null> {
  const [found] = await readVersions(runner, `WHERE p.state = 'active'`);
  return found ?? null;
}

export async function readPolicyVersion(runner: SqlRunner, version: number): Promise<PolicyVersion | null> {
  const [found] = await readVersions(runner, 'WHERE p.version = $1', [version]);
  return found ?? null;
}

/** The newest version that waits for somebody to approve it. */
export async function readProposedPolicy(runner: SqlRunner): Promise<PolicyVersion | null> {
  const [found] = await readVersions(runner, `WHERE p.state = 'proposed' ORDER BY p.version DESC LIMIT 1`);
  return found ?? null;
}

/** Newest first. */
export function readPolicyVersions(runner: SqlRunner): Promise<PolicyVersion[]> {
  return readVersions(runner, 'ORDER BY p.version DESC');
}

export async function latestVersion(runner: SqlRunner): Promise<number> {
  const [row] = await query<{ version: number | null }>(
    runner,
    'SELECT max(version) AS version FROM replication.policy',
  );
  return row?.version ?? 0;
}

export async function readPolicySchema(runner: SqlRunner): Promise<PolicySchema> {
  const definitions = await query<CustomFieldDefinition>(
    runner,
    'SELECT id, type, key, label, kind, options, classification FROM crm.custom_field ORDER BY type, position, key',
  );
  return createPolicySchema(recordTypes(), definitions);
}
