import type { FieldProblem } from '../../platform/errors/index.js';
import { kinds } from '../kinds/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import type { RecordData } from '../ports/record-behaviour.js';
import type { TypeView } from '../view/type-view.js';
import { unknownField } from '../query/query-problems.js';

export interface ParsedInput {
  /** values in stored form by field name; `custom` holds only the keys that were given */
  readonly values: RecordData;
  /** names that were given, custom ones as `custom.<key>` */
  readonly given: ReadonlySet<string>;
  readonly problems: readonly FieldProblem[];
}

interface Collected {
  values: RecordData;
  given: Set<string>;
  problems: FieldProblem[];
}

/**
 * Checks what a caller wants to write against what he may know and write. Whatever is not a visible, writable field is
 * refused by name: nothing is silently dropped, and nothing (version, status, owner of others) slips in.
 */
export function parseInput(view: TypeView, input: unknown, readOnly: ReadonlySet<string>): ParsedInput {
  const collected: Collected = { values: {}, given: new Set(), problems: [] };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    collected.problems.push({ path: '', message: `must be an object with fields of ${view.type.name}` });
    return collected;
  }
  for (const [name, value] of Object.entries(input)) {
    if (name === 'custom') collectCustom(view, value, readOnly, collected);
    else collectField(view, name, value, readOnly, collected);
  }
  return collected;
}

function collectField(
  view: TypeView,
  name: string,
  value: unknown,
  readOnly: ReadonlySet<string>,
  collected: Collected,
): void {
  const field = name.includes('.') ? undefined : view.field(name);
  const parsed = field ? parseValue(field, value, readOnly) : { wrong: unknownField(view, name) };
  if ('wrong' in parsed) {
    collected.problems.push({ path: name.slice(0, 100), message: parsed.wrong });
    return;
  }
  collected.values[name] = parsed.value;
  collected.given.add(name);
}

function collectCustom(
  view: TypeView,
  input: unknown,
  readOnly: ReadonlySet<string>,
  collected: Collected,
): void {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    collected.problems.push({ path: 'custom', message: 'must be an object with values by custom field key' });
    return;
  }
  const custom: RecordData = {};
  for (const [key, value] of Object.entries(input)) {
    const path = `custom.${key}`;
    const field = view.field(path);
    const parsed = field ? parseValue(field, value, readOnly) : { wrong: unknownField(view, path) };
    if ('wrong' in parsed) collected.problems.push({ path: path.slice(0, 100), message: parsed.wrong });
    else {
      custom[key] = parsed.value;
      collected.given.add(path);
    }
  }
  collected.values['custom'] = custom;
}

function parseValue(
  field: FieldMeta,
  value: unknown,
  readOnly: ReadonlySet<string>,
): { value: unknown } | { wrong: string } {
  if (field.readOnly) return { wrong: 'is set by the server' };
  if (readOnly.has(field.name)) return { wrong: 'may not be changed by you' };
  if (value === undefined) return { wrong: 'must have a value, or null for none' };
  return value === null ? { value: null } : kinds[field.kind].parse(value, field);
}

/** What a required field still lacks once defaults and behaviours have had their say. */
export function missingFields(view: TypeView, data: Readonly<RecordData>): FieldProblem[] {
  const custom = (data['custom'] ?? {}) as RecordData;
  const valueOf = (field: FieldMeta): unknown => (field.custom ? custom[field.column] : data[field.name]);
  return [...view.fields, ...view.custom]
    .filter((field) => field.required && (valueOf(field) ?? null) === null)
    .map((field) => ({ path: field.name, message: 'is required' }));
}
