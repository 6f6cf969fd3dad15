import type { FieldMeta } from '../metadata/field.meta.js';
import { kinds, parseDecimal, type FilterOp, type Money } from '../kinds/index.js';
import { tagCondition } from './tag-condition.js';
import { fieldSql } from '../view/type-view.js';
import type { SqlScope } from './sql-scope.js';

export const maxListValues = 1000;

type Condition = (alias: string) => string;
type Refuse = (message: string, where?: string) => void;

const comparison: Partial<Record<FilterOp, string>> = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' };
const never: Condition = () => 'FALSE';

/** The SQL condition of one operation on one field; what is wrong with the value goes to `refuse`. */
export function conditionOf(
  field: FieldMeta,
  op: FilterOp,
  value: unknown,
  scope: SqlScope,
  refuse: Refuse,
): Condition {
  if (op === 'notEmpty') {
    if (value !== undefined && value !== null && value !== true)
      refuse('is not needed for empty and notEmpty');
    return (alias) => `${fieldSql(field, alias)} IS NOT NULL`;
  }
  if (field.kind === 'tags') return tagCondition(field, op, value, scope, refuse);
  if (op === 'in') return oneOf(field, value, scope, refuse);
  if (op === 'between') return between(field, value, scope, refuse);
  if (op === 'contains' || op === 'startsWith') return textMatch(field, op, value, scope, refuse);
  return compare(field, comparison[op] ?? '=', value, scope, refuse);
}

function compare(
  field: FieldMeta,
  sign: string,
  value: unknown,
  scope: SqlScope,
  refuse: Refuse,
  where = '',
): Condition {
  const operand = parseOperand(field, value, refuse, where);
  if (!operand) return never;
  const placeholder = scope.bind(operand.value);
  const currency = operand.currency === undefined ? null : scope.bind(operand.currency);
  return (alias) => {
    const own = `${fieldSql(field, alias)} ${sign} ${placeholder}`;
    return currency && field.currencyColumn
      ? `(${own} AND ${alias}."${field.currencyColumn}" = ${currency})`
      : own;
  };
}

function oneOf(field: FieldMeta, value: unknown, scope: SqlScope, refuse: Refuse): Condition {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxListValues) {
    refuse(`must be a list of 1 to ${String(maxListValues)} values`);
    return never;
  }
  const operands = value.map((item, index) => parseOperand(field, item, refuse, `[${String(index)}]`));
  if (operands.some((operand) => operand?.currency !== undefined))
    refuse('must list plain amounts, like "1054.00"');
  const placeholder = scope.bind(operands.map((operand) => operand?.value));
  return (alias) => `${fieldSql(field, alias)} = ANY(${placeholder}::${kinds[field.kind].sqlType}[])`;
}

function between(field: FieldMeta, value: unknown, scope: SqlScope, refuse: Refuse): Condition {
  if (!Array.isArray(value) || value.length !== 2) {
    refuse('must be a list of two values, the lowest and the highest');
    return never;
  }
  const from = compare(field, '>=', value[0], scope, refuse, '[0]');
  const to = compare(field, '<=', value[1], scope, refuse, '[1]');
  return (alias) => `(${from(alias)} AND ${to(alias)})`;
}

function textMatch(
  field: FieldMeta,
  op: 'contains' | 'startsWith',
  value: unknown,
  scope: SqlScope,
  refuse: Refuse,
): Condition {
  if (typeof value !== 'string' || value === '' || value.length > 255 || value.includes('\0')) {
    refuse('must be a text of 1 to 255 characters');
    return never;
  }
  const pattern = escapeLike(value.normalize('NFC'));
  const placeholder = scope.bind(op === 'contains' ? `%${pattern}%` : `${pattern}%`);
  return (alias) => `${fieldSql(field, alias)} ILIKE ${placeholder}`;
}

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

interface ParsedOperand {
  value: unknown;
  currency?: string;
}

function parseOperand(
  field: FieldMeta,
  value: unknown,
  refuse: Refuse,
  where: string,
): ParsedOperand | undefined {
  if (value === null || value === undefined) {
    refuse('must not be null; use the operations empty and notEmpty', where);
    return undefined;
  }
  const isPlainAmount = field.kind === 'money' && typeof value !== 'object';
  const parsed = isPlainAmount ? parseDecimal(value, 4, undefined) : kinds[field.kind].parse(value, field);
  if ('wrong' in parsed) {
    refuse(parsed.wrong, where);
    return undefined;
  }
  if (parsed.value === null) {
    refuse('must not be empty; use the operations empty and notEmpty', where);
    return undefined;
  }
  if (field.kind !== 'money' || isPlainAmount) return { value: parsed.value };
  const money = parsed.value as Money;
  return { value: money.amount, currency: money.currency };
}
