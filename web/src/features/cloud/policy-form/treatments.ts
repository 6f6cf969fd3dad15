// What the form offers for a field. The server decides what a policy may say; what it would refuse is not offered, which
// test/tooling/policy-form.spec.ts holds against its parser.
import type { FieldKind, FieldType } from '../../../api/types.js';
import { isTree } from './policy-text.js';
import type { Value } from './splice-text.js';

/** `default`: the policy does not name the field; `other`: it says something that is not known here. */
export type Choice =
  | 'default'
  | 'include'
  | 'omit'
  | 'mask last4'
  | 'mask initial'
  | 'mask domain'
  | 'mask all'
  | 'pseudonym'
  | 'generalise month'
  | 'generalise quarter'
  | 'generalise year'
  | 'generalise band'
  | 'generalise prefix'
  | 'other';

/** A choice with its scope, width or number of characters; empty where it has none. */
export interface Treatment {
  readonly choice: Choice;
  readonly detail: string;
}

const text: readonly Choice[] = ['mask last4', 'mask initial', 'mask all', 'pseudonym', 'generalise prefix'];
const number: readonly Choice[] = ['generalise band'];
const time: readonly Choice[] = ['generalise month', 'generalise quarter', 'generalise year'];

const furtherByKind: Partial<Record<FieldKind, readonly Choice[]>> = {
  text,
  longText: ['mask all'],
  phone: ['mask last4', 'mask all', 'pseudonym'],
  email: ['mask domain', 'mask initial', 'mask all', 'pseudonym'],
  url: ['mask all', 'pseudonym'],
  integer: number,
  decimal: number,
  money: number,
  date: time,
  dateTime: time,
};

export const choicesOf = ({ kind }: Pick<FieldType, 'kind'>): readonly Choice[] => [
  ...(['default', 'include', 'omit'] as const),
  ...(furtherByKind[kind] ?? []),
];

/** What a policy says of a field, `undefined` where it does not name it. */
export function readTreatment(value: unknown): Treatment {
  if (value === undefined) return { choice: 'default', detail: '' };
  if (value === 'include' || value === 'omit') return { choice: value, detail: '' };
  if (!isTree(value)) return { choice: 'other', detail: '' };
  const { mask, pseudonym, scope, generalise } = value;
  if (mask === 'last4' || mask === 'initial' || mask === 'domain' || mask === 'all')
    return { choice: `mask ${mask}`, detail: '' };
  if (pseudonym === 'keyed') return { choice: 'pseudonym', detail: typeof scope === 'string' ? scope : '' };
  if (generalise === 'month' || generalise === 'quarter' || generalise === 'year')
    return { choice: `generalise ${generalise}`, detail: '' };
  for (const measure of ['band', 'prefix'] as const)
    if (isTree(generalise) && typeof generalise[measure] === 'number')
      return { choice: `generalise ${measure}`, detail: String(generalise[measure]) };
  return { choice: 'other', detail: '' };
}

/** What the choice begins with. */
export const firstDetail = (choice: Choice): string =>
  (({ 'generalise band': '10', 'generalise prefix': '3' }) as Partial<Record<Choice, string>>)[choice] ?? '';

/** As it stands in a policy; undefined: the field is not named. A detail that is no number goes as it is, to be refused. */
export function writeTreatment({ choice, detail }: Treatment): Value | undefined {
  const measure = detail.trim() !== '' && Number.isFinite(Number(detail)) ? Number(detail) : detail;
  const [kind, how = ''] = choice.split(' ');
  switch (kind) {
    case 'include':
    case 'omit':
      return kind;
    case 'mask':
      return { mask: how };
    case 'pseudonym':
      return { pseudonym: 'keyed', ...(detail.trim() === '' ? {} : { scope: detail.trim() }) };
    case 'generalise':
      return { generalise: how === 'band' || how === 'prefix' ? { [how]: measure } : how };
    default:
      return undefined;
  }
}
