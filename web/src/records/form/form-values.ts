import {
  customKey,
  valueOf,
  type CrmRecord,
  type FieldType,
  type Money,
  type RecordType,
} from '../../api/types.js';
import type { FieldProblem } from '../../api/problem.js';
import type { NounView } from '../noun-view.js';

/** Values by field path, as the inputs hold them; null is "no value". */
export type FormValues = Record<string, unknown>;

export interface FormGroup {
  title: string;
  fields: FieldType[];
}

const isEditable = (field: FieldType) => !field.readOnly && !field.omitted && field.kind !== 'id';

/** The form's groups: as the noun lays them out, then the customer's own fields. */
export function formGroups(type: RecordType, view: NounView): FormGroup[] {
  const named = view.form.map(({ title, fields }) => ({
    title,
    fields: fields
      .map((path) => type.fields.find((field) => field.path === path))
      .filter((field): field is FieldType => field !== undefined && isEditable(field)),
  }));
  const custom = type.fields.filter((field) => field.custom && isEditable(field));
  return [...named, { title: 'form.custom', fields: custom }].filter((group) => group.fields.length > 0);
}

/** Field paths and form names differ: a dot would nest the value. */
export const inputName = (field: FieldType): string => field.path.replace('.', '_');

export function toFormValues(fields: FieldType[], record: CrmRecord | undefined): FormValues {
  const blank = (field: FieldType): unknown => {
    if (field.kind === 'boolean' && field.required) return false;
    return field.kind === 'choice' && field.required ? (field.options?.[0] ?? null) : null;
  };
  return Object.fromEntries(
    fields.map((field) => [inputName(field), (record ? valueOf(record, field) : blank(field)) ?? null]),
  );
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What differs from the record, in the API's shape; a new record is compared with nothing. */
export function toPatch(fields: FieldType[], values: FormValues, record: CrmRecord | undefined): CrmRecord {
  const patch: Record<string, unknown> = {};
  const custom: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[inputName(field)];
    if (isSame(value, record ? valueOf(record, field) : null)) continue;
    if (field.custom) custom[customKey(field)] = value;
    else patch[field.name] = value;
  }
  if (Object.keys(custom).length > 0) patch['custom'] = custom;
  return patch as CrmRecord;
}

export type ProblemKey = 'required' | 'tooLong' | 'tooSmall' | 'notNumber' | 'notEmail' | 'notUrl';

function numberProblem(field: FieldType, value: unknown): ProblemKey | null {
  const number = Number(field.kind === 'money' ? (value as Money).amount : value);
  if (!Number.isFinite(number) || (field.kind === 'integer' && !Number.isInteger(number))) return 'notNumber';
  return field.min !== undefined && number < field.min ? 'tooSmall' : null;
}

/** What is wrong with a value by the field's own rules; the server's word is the last one. */
export function checkValue(field: FieldType, value: unknown): ProblemKey | null {
  if (value === null || value === undefined || value === '') return field.required ? 'required' : null;
  if (field.kind === 'integer' || field.kind === 'decimal' || field.kind === 'money')
    return numberProblem(field, value);
  if (typeof value !== 'string') return null;
  if (field.max !== undefined && value.length > field.max) return 'tooLong';
  if (field.kind === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value)) return 'notEmail';
  return field.kind === 'url' && !/^https?:\/\/\S+$/i.test(value) ? 'notUrl' : null;
}

/** Sorts the server's complaints to the fields they belong to; what fits no field is left over. */
export function sortProblems(fields: FieldType[], problems: readonly FieldProblem[]) {
  const byField: { field: FieldType; message: string }[] = [];
  const rest: FieldProblem[] = [];
  for (const problem of problems) {
    const path = problem.path.replace(/^\/?(body[./])?/, '').replaceAll('/', '.');
    const field = fields.find((each) => path === each.path || path.startsWith(`${each.path}.`));
    if (field) byField.push({ field, message: problem.message });
    else rest.push(problem);
  }
  return { byField, rest };
}
