import type { FieldMeta } from '../metadata/field.meta.js';
import {
  asIs,
  equality,
  ranges,
  right,
  textual,
  wrong,
  type FieldKindRules,
  type Parsed,
} from './field-kind.js';

// Control characters have no place in a name: they break logs, mail headers and CSV. A long text may break lines.
const controls = /\p{Cc}/u;
const loneSurrogate = /\p{Surrogate}/u;
const controlsInLongText = /[^\P{Cc}\n\t]/u;

function parseText(value: unknown, field: FieldMeta, forbidden: RegExp): Parsed {
  if (typeof value !== 'string') return wrong('must be a text');
  if (loneSurrogate.test(value)) return wrong('must be well-formed Unicode');
  const text = value.normalize('NFC').trim();
  if (forbidden.test(text)) return wrong('must not hold control characters');
  const max = field.max ?? 255;
  if (text.length > max && Array.from(text).length > max)
    return wrong(`must have at most ${String(max)} characters`);
  return right(text === '' ? null : text);
}

const parseLine = (value: unknown, field: FieldMeta): Parsed => parseText(value, field, controls);

/** A line that must also pass a check of its form. */
function lineThat(fits: (text: string) => string | null, expected: string): FieldKindRules['parse'] {
  return (value, field) => {
    const parsed = parseLine(value, field);
    if ('wrong' in parsed || parsed.value === null) return parsed;
    const form = fits(parsed.value as string);
    return form === null ? wrong(expected) : right(form);
  };
}

const emailForm = /^[^\s@"<>()[\]\\,;:]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;
const phoneForm = /^[+(\d][\d\s()./#x*-]*$/i;

function emailOf(text: string): string | null {
  const lower = text.toLowerCase();
  return emailForm.test(lower) ? lower : null;
}

function phoneOf(text: string): string | null {
  return phoneForm.test(text) && text.replace(/\D/g, '').length >= 3 ? text : null;
}

function urlOf(text: string): string | null {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isWeb && !url.username && !url.password ? text : null;
}

const text = {
  read: asIs,
  sqlType: 'text',
  sortable: true,
  ops: [...equality, ...ranges, ...textual],
} satisfies Partial<FieldKindRules>;

const schemaOf =
  (format?: string): FieldKindRules['schema'] =>
  (field) => ({ type: 'string', ...(format ? { format } : {}), maxLength: field.max ?? 255 });

export const textKind: FieldKindRules = {
  ...text,
  parse: parseLine,
  schema: schemaOf(),
  customAccessor: 'crm.custom_text',
};
export const longTextKind: FieldKindRules = {
  ...text,
  sortable: false,
  ops: [...textual, 'empty', 'notEmpty'],
  parse: (value, field) =>
    parseText(typeof value === 'string' ? value.replace(/\r\n?/g, '\n') : value, field, controlsInLongText),
  schema: schemaOf(),
};
export const emailKind: FieldKindRules = {
  ...text,
  parse: lineThat(emailOf, 'must be an e-mail address, like ada@example.com'),
  schema: schemaOf('email'),
};
export const phoneKind: FieldKindRules = {
  ...text,
  parse: lineThat(phoneOf, 'must be a phone number, like +49 30 1234567'),
  schema: schemaOf(),
};
export const urlKind: FieldKindRules = {
  ...text,
  parse: lineThat(urlOf, 'must be a web address that begins with http:// or https://'),
  schema: schemaOf('uri'),
};

export const choiceKind: FieldKindRules = {
  ...text,
  ops: equality,
  customAccessor: 'crm.custom_text',
  parse: (value, field) => {
    const options = field.options ?? [];
    if (typeof value === 'string' && options.includes(value)) return right(value);
    return wrong(`must be one of ${options.map((option) => `"${option}"`).join(', ')}`);
  },
  schema: (field) => ({ type: 'string', enum: field.options ?? [] }),
};
