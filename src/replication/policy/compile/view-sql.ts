import { findRecordType, type FieldMeta } from '../../../records/index.js';
import type {
  CloudPolicy,
  CustomFieldTreatment,
  FieldTreatment,
  PolicyType,
} from '../document/policy.model.js';
import { Aliases } from './aliases.js';
import { isFollowedAtOnce, membershipSql } from './membership-sql.js';
import { identifier, literal } from './sql-text.js';
import { pseudonymKeyJoin, treatedCustomSql, treatedSql, usesPseudonyms } from './treatment-sql.js';

/** Columns that the engine needs of every record, in this order, before the fields that the policy includes. */
const fixedColumns = ['id', 'created_at', 'created_by', 'updated_at', 'updated_by', 'owner_id', 'version'];

/** A function of PostgreSQL takes 100 arguments at most, and each pair is two of them. */
const maxPairs = 50;

/**
 * What the view is made of through which the connector reads one type. A reference to a record that the policy does not select
 * becomes null through an outer join on the target's primary key: the planner hashes it for a full read, walks
 * the index for a few keys, and drops it where only rows are counted.
 */
export function policyViewSql(policy: CloudPolicy, type: PolicyType): string {
  const aliases = new Aliases();
  const joins: string[] = [];
  const columns = fixedColumns.map((column) => `t.${column}`);
  for (const treated of type.fields)
    if (treated.treatment.kind !== 'omit') columns.push(...columnsOf(policy, type, treated, aliases, joins));
  columns.push(`${customSql(type.customFields)} AS custom`);
  if (usesPseudonyms(type)) joins.push(pseudonymKeyJoin);
  if (type.customFields.some(({ treatment }) => treatment.kind !== 'omit')) joins.push(definedFieldsJoin);
  const where = membershipSql(policy, type.meta.name, 't', aliases);
  return [`SELECT ${columns.join(', ')}`, `FROM ${type.meta.table} t`, ...joins, `WHERE ${where}`].join('\n');
}

function columnsOf(
  policy: CloudPolicy,
  type: PolicyType,
  treated: FieldTreatment,
  aliases: Aliases,
  joins: string[],
): string[] {
  const { field, treatment } = treated;
  const column = identifier(field.column);
  if (field.kind === 'reference') return [referenceSql(policy, type, field, aliases, joins)];
  const value =
    treatment.kind === 'include'
      ? `t.${column}`
      : `${treatedSql(treatment, `t.${column}`, field)} AS ${column}`;
  return field.currencyColumn ? [value, `t.${identifier(field.currencyColumn)}`] : [value];
}

function referenceSql(
  policy: CloudPolicy,
  type: PolicyType,
  field: FieldMeta,
  aliases: Aliases,
  joins: string[],
): string {
  const column = identifier(field.column);
  const target = field.target ?? '';
  const isFollowed = isFollowedAtOnce(type, field);
  // The system set travels whole, and a followed record is selected whenever this one is.
  if (findRecordType(target)?.cloud === 'system' || isFollowed) return `t.${column}`;
  const table = policy.types.get(target)?.meta.table;
  if (!table) return `NULL::uuid AS ${column}`;
  const alias = aliases.next();
  joins.push(
    `LEFT JOIN ${table} ${alias} ON ${alias}.id = t.${column} AND ${membershipSql(policy, target, alias, aliases)}`,
  );
  return `${alias}.id AS ${column}`;
}

/** The fields that there are; one row always, so that no record is lost by the join. */
const definedFieldsJoin = 'CROSS JOIN (SELECT array_agg(f.id) AS ids FROM crm.custom_field f) cf';

/**
 * Each value only while the very field that the policy was approved with is there: a field made later under the same
 * key is another one, and nobody has agreed to it.
 */
function customSql(customFields: readonly CustomFieldTreatment[]): string {
  const pairs = customFields.flatMap(({ field, fieldId, treatment }) => {
    const key = literal(field.column);
    if (treatment.kind === 'omit') return [];
    const value = treatment.kind === 'include' ? `t.custom -> ${key}` : treatedCustomSql(treatment, field);
    return [`${key}, CASE WHEN ${literal(fieldId)}::uuid = ANY (cf.ids) THEN ${value} END`];
  });
  if (pairs.length === 0) return `'{}'::jsonb`;
  const objects: string[] = [];
  for (let start = 0; start < pairs.length; start += maxPairs)
    objects.push(`jsonb_build_object(${pairs.slice(start, start + maxPairs).join(', ')})`);
  return `jsonb_strip_nulls(${objects.join(' || ')})`;
}
