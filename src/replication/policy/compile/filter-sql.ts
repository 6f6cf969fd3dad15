import type { FieldMeta, FilterOp } from '../../../records/index.js';
import type { PolicyFilter } from '../document/policy.model.js';
import type { Aliases } from './aliases.js';
import { identifier, literal } from './sql-text.js';

type Leaf = Extract<PolicyFilter, { kind: 'leaf' }>;

/** These accept an empty value: each is the exact opposite of one that refuses it. */
const opposites: Partial<Record<FilterOp, FilterOp>> = {
  neq: 'eq',
  notIn: 'in',
  empty: 'notEmpty',
};

/**
 * A filter as a condition on the row `alias`. Negation is carried down to the leaves, so that NULL never stands
 * below a NOT: `neq` and `not eq` both match an empty value, as in the API.
 */
export function filterSql(filter: PolicyFilter, alias: string, aliases: Aliases, isNegated = false): string {
  if (filter.kind === 'not') return filterSql(filter.item, alias, aliases, !isNegated);
  if (filter.kind === 'leaf') return leafSql(filter, alias, aliases, isNegated);
  const isAnd = (filter.kind === 'and') !== isNegated;
  const items = filter.items.map((item) => filterSql(item, alias, aliases, isNegated));
  return `(${items.join(isAnd ? ' AND ' : ' OR ')})`;
}

/**
 * A condition on a custom field that is gone is never true, negated or not: a field made later under the same key is
 * another one, and `neq` must not let everything go because nobody can say any more what it meant.
 */
function leafSql(leaf: Leaf, alias: string, aliases: Aliases, isNegated: boolean): string {
  const condition = valueConditionSql(leaf, alias, aliases, isNegated);
  const { field, fieldId } = leaf.target;
  return fieldId === null ? condition : `(${isDefinedSql(fieldId, field)} AND ${condition})`;
}

/** Whether the custom field is there, under the key that the policy knows it by. */
export function isDefinedSql(fieldId: string, { column }: FieldMeta): string {
  return `EXISTS (SELECT 1 FROM crm.custom_field cf WHERE cf.id = ${literal(fieldId)}::uuid AND cf.key = ${literal(column)})`;
}

function valueConditionSql(leaf: Leaf, alias: string, aliases: Aliases, isNegated: boolean): string {
  const opposite = opposites[leaf.op];
  const acceptsEmpty = (opposite !== undefined) !== isNegated;
  const { field, via } = leaf.target;
  const row = via ? aliases.next() : alias;
  const condition = conditionSql(field, row, opposite ?? leaf.op, leaf.values);
  if (!via) return acceptsEmpty ? `(${condition}) IS NOT TRUE` : condition;
  // No reference, or one into the recycle bin, counts as empty. EXISTS, so that it can run as a hashed semi-join.
  const exists =
    `EXISTS (SELECT 1 FROM ${via.type.table} ${row} WHERE ${row}.id = ${alias}.${identifier(via.reference.column)} ` +
    `AND ${row}.deleted_at IS NULL AND ${condition})`;
  return acceptsEmpty ? `NOT ${exists}` : exists;
}

/** Never true for an empty value. */
function conditionSql(field: FieldMeta, row: string, op: FilterOp, values: readonly string[]): string {
  const column = valueSql(field, row);
  const typed = values.map((value) => literal(value) + castOf(field));
  const first = typed[0] ?? 'NULL';
  if (field.kind === 'tags')
    return op === 'notEmpty' ? `${column} IS NOT NULL` : `${column} ?| ARRAY[${typed.join(', ')}]::text[]`;
  switch (op) {
    case 'in':
      return `${column} IN (${typed.join(', ')})`;
    case 'lt':
      return `${column} < ${first}`;
    case 'lte':
      return `${column} <= ${first}`;
    case 'gt':
      return `${column} > ${first}`;
    case 'gte':
      return `${column} >= ${first}`;
    case 'between':
      return `${column} BETWEEN ${first} AND ${typed[1] ?? 'NULL'}`;
    case 'contains':
      return `${column} ILIKE ${literal(`%${escapeLike(values[0] ?? '')}%`)}`;
    case 'startsWith':
      return `${column} ILIKE ${literal(`${escapeLike(values[0] ?? '')}%`)}`;
    case 'notEmpty':
      return isText(field) ? `${column} <> ''` : `${column} IS NOT NULL`;
    default:
      return `${column} = ${first}`;
  }
}

function valueSql(field: FieldMeta, row: string): string {
  if (!field.custom) return `${row}.${identifier(field.column)}`;
  const key = literal(field.column);
  if (field.kind === 'decimal') return `crm.custom_decimal(${row}.custom, ${key})`;
  if (field.kind === 'date') return `crm.custom_date(${row}.custom, ${key})`;
  if (field.kind === 'boolean') return `crm.custom_boolean(${row}.custom, ${key})`;
  return `(${row}.custom ->> ${key})`;
}

const casts: Partial<Record<FieldMeta['kind'], string>> = {
  id: '::uuid',
  reference: '::uuid',
  integer: '::bigint',
  decimal: '::numeric',
  money: '::numeric',
  boolean: '::boolean',
  date: '::date',
  dateTime: '::timestamptz',
};

function castOf(field: FieldMeta): string {
  return casts[field.kind] ?? '';
}

function isText(field: FieldMeta): boolean {
  return casts[field.kind] === undefined;
}

function escapeLike(value: string): string {
  return value.replace(/[\\%_]/g, (character) => `\\${character}`);
}
