import { query, type SqlRunner } from '../../platform/database/index.js';
import { recordTypes } from '../../records/index.js';
import { Aliases } from './compile/aliases.js';
import { membershipSql } from './compile/membership-sql.js';
import { fixedFields, type CloudPolicy, type FieldTreatment } from './document/policy.model.js';

/** What a policy means for one type: rows that go and rows that stay, fields that go, change and stay. */
export interface TypeNumbers {
  readonly type: string;
  readonly included: number;
  /** rows outside the recycle bin that stay home */
  readonly withheld: number;
  readonly fields: {
    readonly included: readonly string[];
    readonly masked: readonly string[];
    readonly pseudonymised: readonly string[];
    readonly generalised: readonly string[];
    readonly omitted: readonly string[];
  };
}

/**
 * Counts what a policy selects of what there is, policy in force or not: the same conditions that its views get.
 * The recycle bin counts on neither side.
 */
export async function countPolicy(runner: SqlRunner, policy: CloudPolicy): Promise<TypeNumbers[]> {
  const numbers: TypeNumbers[] = [];
  for (const type of recordTypes()) {
    if (type.cloud === 'system') continue;
    const member = membershipSql(policy, type.name, 't', new Aliases());
    const [row] = await query<{ included: string; total: string }>(
      runner,
      `SELECT (SELECT count(*) FROM ${type.table} t WHERE ${member}) AS included,
         (SELECT count(*) FROM ${type.table} t WHERE t.deleted_at IS NULL) AS total`,
    );
    const included = Number(row?.included ?? 0);
    const withheld = Number(row?.total ?? 0) - included;
    numbers.push({ type: type.name, included, withheld, fields: fieldNumbers(policy, type.name) });
  }
  return numbers;
}

const nothing = { included: [], masked: [], pseudonymised: [], generalised: [] };

function fieldNumbers(policy: CloudPolicy, name: string): TypeNumbers['fields'] {
  const type = policy.types.get(name);
  if (!type) {
    const all = recordTypes().find((meta) => meta.name === name)?.fields ?? [];
    return { ...nothing, omitted: all.map((field) => field.name) };
  }
  const treated = [...type.fields, ...type.customFields];
  const named = (kind: FieldTreatment['treatment']['kind']) =>
    treated.filter(({ treatment }) => treatment.kind === kind).map(({ field }) => field.name);
  return {
    included: [...fixedFields, ...named('include')],
    masked: named('mask'),
    pseudonymised: named('pseudonym'),
    generalised: named('generalise'),
    omitted: named('omit'),
  };
}
