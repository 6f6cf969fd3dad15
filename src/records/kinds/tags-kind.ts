import type { FieldMeta } from '../metadata/field.meta.js';
import { right, wrong, type FieldKindRules, type Parsed } from './field-kind.js';

const maxLength = 60;
const loneSurrogate = /\p{Surrogate}/u;
// Lists of tags in files are separated by these.
const forbidden = /[\p{Cc},;]/u;
const expected = `must be a text of 1 to ${String(maxLength)} characters without commas, semicolons and line breaks`;

/** One tag in the form in which it is stored. */
export function tagName(value: unknown): Parsed {
  if (typeof value !== 'string' || loneSurrogate.test(value) || forbidden.test(value)) return wrong(expected);
  const name = value.normalize('NFC').trim().replace(/\s+/g, ' ');
  return name !== '' && Array.from(name).length <= maxLength ? right(name) : wrong(expected);
}

/** A list of names; one that differs in capitals only is there already. */
function parse(value: unknown, field: FieldMeta): Parsed {
  if (!Array.isArray(value)) return wrong('must be a list of tags, like ["vip"]');
  const max = field.max ?? 50;
  if (value.length > max) return wrong(`must have at most ${String(max)} tags`);
  const names = new Map<string, string>();
  for (const item of value as unknown[]) {
    const parsed = tagName(item);
    if ('wrong' in parsed) return wrong(`each tag ${parsed.wrong}`);
    const name = parsed.value as string;
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return right([...names.values()]);
}

export const tagsKind: FieldKindRules = {
  parse,
  read: (text) => JSON.parse(text) as unknown,
  schema: (field) => ({
    type: 'array',
    items: { type: 'string', maxLength },
    maxItems: field.max ?? 50,
    uniqueItems: true,
  }),
  ops: ['contains', 'in', 'notIn', 'empty', 'notEmpty'],
  sqlType: 'jsonb',
  sortable: false,
  nothing: [],
  // NULL and not an empty list, so that `empty` is one question in the API, in a policy and on a replica
  toColumn: (value) => (Array.isArray(value) && value.length > 0 ? JSON.stringify(value) : null),
};
