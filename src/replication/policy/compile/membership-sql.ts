import type { FieldMeta } from '../../../records/index.js';
import type {
  CloudPolicy,
  LinkFollow,
  PolicyFollow,
  PolicyType,
  ReferenceFollow,
} from '../document/policy.model.js';
import { Aliases } from './aliases.js';
import { filterSql } from './filter-sql.js';
import { identifier } from './sql-text.js';

/** Conditions under which the row `alias` of a type is selected. FALSE for a type that the policy does not have. */
export function membershipSql(policy: CloudPolicy, type: string, alias: string, aliases: Aliases): string {
  const selected = policy.types.get(type);
  if (!selected) return 'FALSE';
  const conditions = [`${alias}.deleted_at IS NULL`];
  if (selected.where) conditions.push(filterSql(selected.where, alias, aliases));
  conditions.push(...followsSql(policy, selected, alias, aliases));
  return conditions.join(' AND ');
}

function followsSql(policy: CloudPolicy, type: PolicyType, alias: string, aliases: Aliases): string[] {
  const references = type.follows.filter((follow) => follow.kind === 'reference');
  const columns = references.map(({ reference }) => `${alias}.${identifier(reference.column)}`);
  const leads = references.map((follow) => referenceSql(policy, follow, alias, aliases));
  const links = type.follows
    .filter((follow) => follow.kind === 'link')
    .map((follow) => linkSql(policy, follow, alias, aliases));
  if (type.follows.length <= 1) return [...leads, ...links];
  const isAnySet = columns.length > 0 ? [`num_nonnulls(${columns.join(', ')}) > 0`] : [];
  return [
    `(${[...isAnySet, ...links].join(' OR ')})`,
    ...leads.map((condition, index) => `(${columns[index] ?? ''} IS NULL OR ${condition})`),
  ];
}

/** The condition that one entry of `follows` adds, for the row `alias`. */
export function followSql(
  policy: CloudPolicy,
  follow: PolicyFollow,
  alias: string,
  aliases: Aliases,
): string {
  return follow.kind === 'reference'
    ? referenceSql(policy, follow, alias, aliases)
    : linkSql(policy, follow, alias, aliases);
}

/** The record on the way of two steps must be there; whether it is selected does not matter. */
function referenceSql(
  policy: CloudPolicy,
  { reference, next, type }: ReferenceFollow,
  alias: string,
  aliases: Aliases,
): string {
  const parent = aliases.next();
  const table = policy.types.get(type)?.meta.table ?? '';
  const member = membershipSql(policy, type, parent, aliases);
  const column = `${alias}.${identifier(reference.column)}`;
  if (!next) return `EXISTS (SELECT 1 FROM ${table} ${parent} WHERE ${parent}.id = ${column} AND ${member})`;
  const middle = aliases.next();
  return (
    `EXISTS (SELECT 1 FROM ${next.type.table} ${middle} JOIN ${table} ${parent} ` +
    `ON ${parent}.id = ${middle}.${identifier(next.reference.column)} ` +
    `WHERE ${middle}.id = ${column} AND ${middle}.deleted_at IS NULL AND ${member})`
  );
}

function linkSql(
  policy: CloudPolicy,
  { link, reference }: LinkFollow,
  alias: string,
  aliases: Aliases,
): string {
  const row = aliases.next();
  const member = membershipSql(policy, link.name, row, aliases);
  return (
    `EXISTS (SELECT 1 FROM ${link.table} ${row} WHERE ${row}.${identifier(reference.column)} = ${alias}.id ` +
    `AND ${member})`
  );
}

/** Whether a record is only selected where the one that the reference leads to is. */
export function isFollowedAtOnce(type: PolicyType, field: FieldMeta): boolean {
  return type.follows.some(
    (follow) => follow.kind === 'reference' && !follow.next && follow.reference.name === field.name,
  );
}
