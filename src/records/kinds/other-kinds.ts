import { asIs, equality, ranges, right, wrong, type FieldKindRules } from './field-kind.js';

const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTimeForm = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isDate(text: string): boolean {
  const match = dateForm.exec(text);
  if (!match || match[1] === '0000') return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // Date.parse turns 30 February into 1 March in some engines
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuidForm.test(value);
}

/** PostgreSQL's `2026-11-22 08:30:00.12+00` (TimeZone UTC) → `2026-11-22T08:30:00.120Z`. */
export function readTime(text: string): string {
  const fraction = text.length === 22 ? '.000' : text.slice(19, -3).padEnd(4, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}Z`;
}

export const dateKind: FieldKindRules = {
  parse: (value) =>
    typeof value === 'string' && isDate(value)
      ? right(value)
      : wrong('must be a date of the calendar, written like "2026-03-31"'),
  read: asIs,
  schema: () => ({ type: 'string', format: 'date' }),
  ops: [...equality, ...ranges],
  sqlType: 'date',
  sortable: true,
  customAccessor: 'crm.custom_date',
};

export const dateTimeKind: FieldKindRules = {
  parse: (value) => {
    const expected = wrong('must be a point in time with its zone, like "2026-03-31T09:30:00Z"');
    if (typeof value !== 'string') return expected;
    const match = dateTimeForm.exec(value);
    if (!match?.[1] || !isDate(match[1])) return expected;
    const time = Date.parse(value);
    if (Number.isNaN(time)) return expected;
    const iso = new Date(time).toISOString();
    return /^\d{4}-/.test(iso) ? right(iso) : expected;
  },
  read: readTime,
  schema: () => ({ type: 'string', format: 'date-time' }),
  ops: [...equality, ...ranges],
  sqlType: 'timestamptz',
  sortable: true,
};

export const booleanKind: FieldKindRules = {
  parse: (value) => (typeof value === 'boolean' ? right(value) : wrong('must be true or false')),
  read: (text) => text === 't' || text === 'true',
  schema: () => ({ type: 'boolean' }),
  ops: equality,
  sqlType: 'boolean',
  sortable: true,
  customAccessor: 'crm.custom_boolean',
};

export const referenceKind: FieldKindRules = {
  parse: (value, field) =>
    isUuid(value)
      ? right(value.toLowerCase())
      : wrong(`must be the id of a record of type ${field.target ?? ''}`),
  read: asIs,
  schema: (field) => ({
    type: 'string',
    format: 'uuid',
    ...(field.target ? { description: `id of a record of type ${field.target}` } : {}),
  }),
  ops: equality,
  sqlType: 'uuid',
  sortable: false,
};

export const idKind: FieldKindRules = {
  ...referenceKind,
  parse: (value) => (isUuid(value) ? right(value.toLowerCase()) : wrong('must be a UUID')),
  schema: () => ({ type: 'string', format: 'uuid' }),
  sortable: true,
};
