import { InvalidInput, type FieldProblem } from '../../platform/errors/index.js';
import {
  classifications,
  customKinds,
  type Classification,
  type CustomKind,
} from '../metadata/field.meta.js';
import { findRecordType, recordTypes } from '../metadata/registry.js';
import { customKeyForm, type CustomFieldDefinition } from './custom-field.definition.js';

export type NewCustomField = Omit<CustomFieldDefinition, 'id' | 'version'>;
export type CustomFieldPatch = Partial<
  Pick<CustomFieldDefinition, 'label' | 'options' | 'required' | 'classification' | 'position' | 'searchable'>
>;

type Check = (value: unknown) => string | null;

const oneOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && allowed.includes(value) ? null : `must be one of ${allowed.join(', ')}`;

const checks: Record<keyof NewCustomField, Check> = {
  type: (value) =>
    typeof value === 'string' && findRecordType(value)
      ? null
      : `must be one of ${recordTypes()
          .map(({ name }) => name)
          .join(', ')}`,
  key: (value) =>
    typeof value === 'string' && customKeyForm.test(value)
      ? null
      : 'must begin with a small letter and hold only letters and digits, at most 40, like "region2"',
  label: (value) =>
    typeof value === 'string' && /^[^\p{Cc}]{1,120}$/u.test(value) && value.trim() !== ''
      ? null
      : 'must be a text of 1 to 120 characters',
  kind: oneOf(customKinds),
  options: (value) => (value === null || isOptionList(value) ? null : optionsExpected),
  required: (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
  classification: oneOf(classifications),
  searchable: (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
  position: (value) =>
    Number.isInteger(value) && Math.abs(value as number) < 1_000_000 ? null : 'must be a whole number',
};

const searchableExpected = 'is for texts and choices only';
const isSearchable = (kind: unknown): boolean => kind === 'text' || kind === 'choice';
const optionsExpected = 'must be a list of 1 to 500 different texts of at most 200 characters';

function isOptionList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > 500) return false;
  const isText = (option: unknown): boolean =>
    typeof option === 'string' && /^[^\p{Cc}]{1,200}$/u.test(option) && option.trim() === option;
  return value.every(isText) && new Set(value).size === value.length;
}

const mandatory = ['type', 'key', 'label', 'kind'] as const;
const changeable = ['label', 'options', 'required', 'classification', 'position', 'searchable'] as const;

/** @throws InvalidInput naming every wrong or unknown member */
export function parseNewCustomField(body: unknown): NewCustomField {
  const { values, problems } = parse(body, Object.keys(checks));
  for (const name of mandatory)
    if (!(name in values) && !problems.some(({ path }) => path === name))
      problems.push({ path: name, message: 'is required' });
  const isChoice = values['kind'] === 'choice';
  if (isChoice !== ((values['options'] ?? null) !== null))
    problems.push({ path: 'options', message: isChoice ? optionsExpected : 'is for choices only' });
  if (values['searchable'] === true && !isSearchable(values['kind']))
    problems.push({ path: 'searchable', message: searchableExpected });
  if (problems.length > 0) throw new InvalidInput(problems);
  return {
    type: values['type'] as string,
    key: values['key'] as string,
    label: (values['label'] as string).trim().normalize('NFC'),
    kind: values['kind'] as CustomKind,
    options: (values['options'] ?? null) as readonly string[] | null,
    required: (values['required'] ?? false) as boolean,
    classification: (values['classification'] ?? 'internal') as Classification,
    position: (values['position'] ?? 0) as number,
    searchable: (values['searchable'] ?? false) as boolean,
  };
}

/** Type, key and kind stay: stored values and policies hang on them. */
export function parseCustomFieldPatch(body: unknown, kind: CustomKind): CustomFieldPatch {
  const { values, problems } = parse(body, changeable);
  if ('options' in values && (kind === 'choice') !== (values['options'] !== null))
    problems.push({ path: 'options', message: kind === 'choice' ? optionsExpected : 'is for choices only' });
  if (values['searchable'] === true && !isSearchable(kind))
    problems.push({ path: 'searchable', message: searchableExpected });
  if (problems.length > 0) throw new InvalidInput(problems);
  return values;
}

function parse(
  body: unknown,
  allowed: readonly string[],
): { values: Record<string, unknown>; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { values: {}, problems: [{ path: '', message: 'must be an object' }] };
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const message = allowed.includes(name)
      ? checks[name as keyof NewCustomField](value)
      : `is not a member here; known are ${allowed.join(', ')}`;
    if (message) problems.push({ path: name.slice(0, 100), message });
    else values[name] = value;
  }
  return { values, problems };
}
