import { query, type SqlRunner } from '../../../platform/database/index.js';
import type { RecordTypeMeta } from '../../../records/index.js';
import { Aliases } from '../compile/aliases.js';
import { filterSql } from '../compile/filter-sql.js';
import { followSql } from '../compile/membership-sql.js';
import { identifier } from '../compile/sql-text.js';
import {
  attachmentType,
  type CloudPolicy,
  type PolicyFollow,
  type PolicyType,
} from '../document/policy.model.js';

export const stayCodes = ['type-not-named', 'recycled', 'filter', 'parent', 'file', 'unknown'] as const;

/** Why a record stays home. Described for OpenAPI by StayReasonDto. */
export interface StayReason {
  readonly code: (typeof stayCodes)[number];
  /** of a parent: the reference that leads to it, or the type that links */
  readonly through: string | null;
  readonly message: string;
}

interface FollowState {
  follow: PolicyFollow;
  isEmpty: boolean;
  isSelected: boolean;
}

const reason = (code: StayReason['code'], message: string, through: string | null = null): StayReason => ({
  code,
  through,
  message,
});

/** Asks each condition of the policy by itself, of one record that is there. */
export async function stayReasons(
  tx: SqlRunner,
  policy: CloudPolicy | null,
  meta: RecordTypeMeta,
  id: string,
): Promise<StayReason[]> {
  const type = policy?.types.get(meta.name);
  const state = await readState(tx, policy, meta, type, id);
  const reasons: StayReason[] = [];
  if (state.isRecycled) reasons.push(reason('recycled', 'It is in the recycle bin, which stays home.'));
  if (meta.name === attachmentType)
    reasons.push(
      reason('file', 'No `attachments` rule takes it, or the record that it hangs on stays home.'),
    );
  else if (policy && !type && meta.cloud === 'policy')
    reasons.push(reason('type-not-named', `The policy does not name the type ${meta.name}.`));
  if (!state.passesFilter) reasons.push(reason('filter', 'It does not meet the condition under `where`.'));
  reasons.push(...parentReasons(state.follows));
  if (reasons.length > 0) return reasons;
  return [reason('unknown', 'The policy in force can no longer be read in full; its views do not show it.')];
}

async function readState(
  tx: SqlRunner,
  policy: CloudPolicy | null,
  meta: RecordTypeMeta,
  type: PolicyType | undefined,
  id: string,
): Promise<{ isRecycled: boolean; passesFilter: boolean; follows: FollowState[] }> {
  const aliases = new Aliases();
  const follows = policy && type ? type.follows : [];
  const columns = [
    't.deleted_at IS NOT NULL AS "isRecycled"',
    `${type?.where ? filterSql(type.where, 't', aliases) : 'TRUE'} AS "passesFilter"`,
    ...follows.flatMap((follow, index) => [
      `${policy ? followSql(policy, follow, 't', aliases) : 'TRUE'} AS selected_${String(index)}`,
      `${emptySql(follow)} AS empty_${String(index)}`,
    ]),
  ];
  const [row = {}] = await query<Record<string, boolean | null>>(
    tx,
    `SELECT ${columns.join(', ')} FROM ${meta.table} t WHERE t.id = $1`,
    [id],
  );
  return {
    isRecycled: row['isRecycled'] === true,
    // a condition on an empty value may be neither true nor false
    passesFilter: row['passesFilter'] === true,
    follows: follows.map((follow, index) => ({
      follow,
      isSelected: row[`selected_${String(index)}`] === true,
      isEmpty: row[`empty_${String(index)}`] === true,
    })),
  };
}

function emptySql(follow: PolicyFollow): string {
  return follow.kind === 'reference' ? `t.${identifier(follow.reference.column)} IS NULL` : 'FALSE';
}

/** As the views decide: one condition must hold; of several references every set one, and at least one of all. */
function parentReasons(states: readonly FollowState[]): StayReason[] {
  const isAnySelected = states.some(({ isSelected }) => isSelected);
  const isOnly = states.length === 1;
  return states.flatMap(({ follow, isEmpty, isSelected }) => {
    if (isSelected) return [];
    if (follow.kind === 'link')
      return isAnySelected
        ? []
        : [reason('parent', `No selected ${follow.link.name} names it.`, follow.link.name)];
    const { name } = follow.reference;
    if (!isEmpty)
      return [reason('parent', `The ${follow.type} that its \`${name}\` leads to stays home.`, name)];
    return isOnly || !states.some((state) => state.isSelected || !state.isEmpty)
      ? [reason('parent', `Its \`${name}\` is empty, so it follows no ${follow.type}.`, name)]
      : [];
  });
}
