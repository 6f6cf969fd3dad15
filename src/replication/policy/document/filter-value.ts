import type { Scalar } from 'yaml';
import type { FieldKind, FieldMeta, FilterOp } from '../../../records/index.js';
import { suggest } from './suggest.js';

const always: readonly FilterOp[] = ['eq', 'neq', 'in', 'notIn', 'empty', 'notEmpty'];
const ordered: readonly FilterOp[] = [...always, 'lt', 'lte', 'gt', 'gte', 'between'];
const textual: readonly FilterOp[] = [...always, 'contains', 'startsWith'];

const operatorsByKind: Record<FieldKind, readonly FilterOp[]> = {
  id: always,
  reference: always,
  choice: always,
  boolean: ['eq', 'neq', 'empty', 'notEmpty'],
  text: textual,
  longText: textual,
  email: textual,
  phone: textual,
  url: textual,
  integer: ordered,
  decimal: ordered,
  money: ordered,
  date: ordered,
  dateTime: ordered,
  tags: ['contains', 'in', 'notIn', 'empty', 'notEmpty'],
};

/** Text has no order here: it would hang on the collation of the database that the view runs in. */
export function operatorsOf(field: FieldMeta): readonly FilterOp[] {
  return operatorsByKind[field.kind];
}

type ValueResult = { value: string } | { problem: string; suggestion?: string | null };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const date = /^\d{4}-\d{2}-\d{2}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;

/** The value in the form PostgreSQL reads, or what is wrong with it. */
export function parseFilterValue(field: FieldMeta, op: FilterOp, scalar: Scalar | null): ValueResult {
  const isNull = scalar === null || scalar.value === null;
  if (isNull) return { problem: 'a value is missing here; for empty values there is `empty`' };
  switch (field.kind) {
    case 'integer':
      return number(scalar, /^[+-]?\d{1,10}$/, 'a whole number');
    case 'decimal':
    case 'money':
      return number(scalar, /^[+-]?\d{1,16}(\.\d{1,4})?$/, 'a number with at most 4 digits after the point');
    case 'boolean':
      return typeof scalar.value === 'boolean'
        ? { value: String(scalar.value) }
        : { problem: `\`${field.name}\` takes true or false` };
    case 'date':
      return dated(scalar, date, 'a date such as 2026-01-31');
    case 'dateTime':
      return dated(scalar, instant, 'a time with its zone such as 2026-01-31T09:30:00Z');
    case 'id':
    case 'reference':
      return pattern(scalar, uuid, 'the id of a record');
    default:
      return text(field, op, scalar);
  }
}

function number(scalar: Scalar, form: RegExp, wanted: string): ValueResult {
  // the text as written, because a float would round it
  const written = typeof scalar.value === 'number' ? (scalar.source ?? String(scalar.value)) : scalar.value;
  return typeof written === 'string' && form.test(written)
    ? { value: written }
    : { problem: `expected ${wanted}` };
}

function dated(scalar: Scalar, form: RegExp, wanted: string): ValueResult {
  const result = pattern(scalar, form, wanted);
  if ('problem' in result) return result;
  const day = result.value.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  const isReal = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
  const isTimeReal = !Number.isNaN(new Date(result.value).getTime());
  return isReal && isTimeReal ? result : { problem: `there is no such day or time; expected ${wanted}` };
}

function pattern(scalar: Scalar, form: RegExp, wanted: string): ValueResult {
  const { value } = scalar;
  return typeof value === 'string' && form.test(value) ? { value } : { problem: `expected ${wanted}` };
}

function text(field: FieldMeta, op: FilterOp, scalar: Scalar): ValueResult {
  const { value } = scalar;
  if (typeof value !== 'string')
    return { problem: `expected text; put it in quotes: "${scalar.source ?? String(value)}"` };
  if (value.includes('\0')) return { problem: 'text cannot hold a NUL character' };
  if (value === '') return { problem: 'an empty text is written with the operator `empty`' };
  const isWholeValue = op !== 'contains' && op !== 'startsWith';
  if (isWholeValue && field.options && !field.options.includes(value))
    return {
      problem: `\`${field.name}\` has no choice \`${value}\`; it has ${field.options.join(', ')}`,
      suggestion: suggest(value, field.options),
    };
  // as the engine stores text
  return { value: value.normalize('NFC') };
}
