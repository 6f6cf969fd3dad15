import type { FieldMeta } from '../metadata/field.meta.js';
import { currencyDigits, isCurrency } from './currency.js';
import { equality, ranges, right, wrong, type FieldKindRules, type Parsed } from './field-kind.js';

/** As `{ amount, currency }` in the API. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

const ops = [...equality, ...ranges] as const;
const maxInteger = 2_147_483_647;
const decimalForm = /^-?(?:0|[1-9]\d{0,15})(?:\.(\d{1,20}))?$/;

/** `12.5000` → `12.5`, `3.0000` → `3`: what was meant, whatever the column's scale. */
export function trimDecimal(text: string, minDigits = 0): string {
  const point = text.indexOf('.');
  if (point < 0) return minDigits === 0 ? text : `${text}.${'0'.repeat(minDigits)}`;
  let end = text.length;
  while (end > point + 1 + minDigits && text.charCodeAt(end - 1) === 48) end--;
  const cut = text.slice(0, end === point + 1 ? point : end);
  const digits = cut.length > point ? cut.length - point - 1 : 0;
  if (digits >= minDigits) return cut;
  return `${cut}${digits === 0 ? '.' : ''}${'0'.repeat(minDigits - digits)}`;
}

/** Decimals are texts: a JSON number goes through a float and loses cents. Whole numbers are exact and welcome. */
export function parseDecimal(value: unknown, scale: number, min: number | undefined): Parsed {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return wrong('must be a decimal number written as a text, like "1054.50"');
  const match = decimalForm.exec(text);
  if (!match)
    return wrong('must be a decimal number with at most 16 digits before the point, like "1054.50"');
  const plain = trimDecimal(text);
  if (plain.length - (plain.includes('.') ? plain.indexOf('.') + 1 : plain.length) > scale)
    return wrong(`must have at most ${String(scale)} digits after the point`);
  if (min !== undefined && Number(plain) < min) return wrong(`must be at least ${String(min)}`);
  return right(plain === '-0' ? '0' : plain);
}

const decimalScale = (field: FieldMeta): number => field.scale ?? 4;

export const decimalKind: FieldKindRules = {
  parse: (value, field) => parseDecimal(value, decimalScale(field), field.min),
  read: (text) => trimDecimal(text),
  schema: () => ({ type: 'string', format: 'decimal', pattern: '^-?\\d+(\\.\\d+)?$', examples: ['1054.5'] }),
  ops,
  sqlType: 'numeric',
  sortable: true,
  customAccessor: 'crm.custom_decimal',
};

export const integerKind: FieldKindRules = {
  parse: (value, field) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return wrong('must be a whole number');
    if (Math.abs(value) > maxInteger) return wrong(`must lie between ±${String(maxInteger)}`);
    if (field.min !== undefined && value < field.min) return wrong(`must be at least ${String(field.min)}`);
    return right(value);
  },
  read: Number,
  schema: (field) => ({
    type: 'integer',
    format: 'int32',
    ...(field.min === undefined ? {} : { minimum: field.min }),
  }),
  ops,
  sqlType: 'integer',
  sortable: true,
};

/** The amount as people write it in its currency; more digits only where more are stored. */
export function toMoney(amount: string, currency: string): Money {
  return { amount: trimDecimal(amount, currencyDigits(currency)), currency };
}

function parseMoney(value: unknown, field: FieldMeta): Parsed {
  const expected = 'must be like { "amount": "1054.00", "currency": "USD" }';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(expected);
  const { amount, currency, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return wrong(expected);
  if (typeof currency !== 'string' || !isCurrency(currency))
    return wrong('must name its currency by an ISO 4217 code, like "USD"');
  const parsed = parseDecimal(amount, 4, field.min);
  if ('wrong' in parsed) return wrong(`amount ${parsed.wrong}`);
  return right(toMoney(parsed.value as string, currency));
}

export const moneyKind: FieldKindRules = {
  parse: parseMoney,
  read: (text) => text,
  schema: () => ({
    type: 'object',
    required: ['amount', 'currency'],
    additionalProperties: false,
    properties: {
      amount: { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$', examples: ['1054.00'] },
      currency: { type: 'string', pattern: '^[A-Z]{3}$', examples: ['USD'] },
    },
  }),
  ops,
  sqlType: 'numeric',
  sortable: true,
};
