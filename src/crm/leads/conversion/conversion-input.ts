import { InvalidInput, type FieldProblem } from '../../../platform/errors/index.js';
import { isUuid, type RecordData } from '../../../records/index.js';

/** An existing record, a new one with these fields on top of what the lead gives, or none. */
export type Target =
  | { readonly kind: 'existing'; readonly id: string }
  | { readonly kind: 'new'; readonly fields: Readonly<RecordData> }
  | { readonly kind: 'none' };

export interface ConversionInput {
  /** null: not said */
  readonly account: Target | null;
  readonly contact: Target | null;
  readonly deal: Target | null;
}

const names = ['account', 'contact', 'deal'] as const;

/** @throws InvalidInput naming every wrong member */
export function parseConversion(body: unknown): ConversionInput {
  const problems: FieldProblem[] = [];
  const input: Record<(typeof names)[number], Target | null> = { account: null, contact: null, deal: null };
  if (typeof (body ?? {}) !== 'object' || Array.isArray(body))
    throw new InvalidInput([{ path: '', message: 'must be an object with account, contact and deal' }]);
  for (const [name, value] of Object.entries(body ?? {})) {
    const known = names.find((candidate) => candidate === name);
    if (!known)
      problems.push({
        path: name.slice(0, 100),
        message: 'is not known here; known are account, contact, deal',
      });
    else if (value !== undefined) input[known] = parseTarget(known, value, problems);
  }
  if (input.contact?.kind === 'none')
    problems.push({ path: 'contact', message: 'cannot be left out: a lead becomes a contact' });
  if (input.deal?.kind === 'existing')
    problems.push({ path: 'deal.id', message: 'must not be given: a deal is made' });
  if (problems.length > 0) throw new InvalidInput(problems);
  return input;
}

function parseTarget(name: string, value: unknown, problems: FieldProblem[]): Target | null {
  if (value === null) return { kind: 'none' };
  const isObject = typeof value === 'object' && !Array.isArray(value);
  const members = isObject ? Object.entries(value) : [];
  const [member] = members;
  if (members.length === 1 && member?.[0] === 'id') {
    if (isUuid(member[1])) return { kind: 'existing', id: member[1].toLowerCase() };
    problems.push({ path: `${name}.id`, message: 'must be the id of a record' });
    return null;
  }
  const fields: unknown = member?.[1];
  if (
    members.length === 1 &&
    member?.[0] === 'create' &&
    typeof fields === 'object' &&
    !Array.isArray(fields)
  )
    return { kind: 'new', fields: (fields ?? {}) as RecordData };
  problems.push({ path: name, message: 'must be { "id": "…" }, { "create": { … } } or null' });
  return null;
}
