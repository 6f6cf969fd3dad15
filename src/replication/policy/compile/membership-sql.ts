import type { CloudPolicy, PolicyType } from '../document/policy.model.js';
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
  const columns = type.follows.map((follow) => `${alias}.${identifier(follow.reference.column)}`);
  const exists = type.follows.map((follow, index) => {
    const parent = aliases.next();
    const table = policy.types.get(follow.type)?.meta.table ?? '';
    return (
      `EXISTS (SELECT 1 FROM ${table} ${parent} WHERE ${parent}.id = ${columns[index] ?? ''} ` +
      `AND ${membershipSql(policy, follow.type, parent, aliases)})`
    );
  });
  if (exists.length <= 1) return exists;
  return [
    `num_nonnulls(${columns.join(', ')}) > 0`,
    ...exists.map((condition, index) => `(${columns[index] ?? ''} IS NULL OR ${condition})`),
  ];
}
