import { InvalidInput, type FieldProblem } from '../../platform/errors/index.js';
import type { ViewContent } from './view.store.js';

export interface ViewInput {
  /** members that were given */
  readonly content: Partial<ViewContent>;
  readonly type?: string;
  readonly isDefault?: boolean;
}

type Check = (value: unknown) => string | null;
const maxColumns = 60;
const maxFilterLength = 20_000;
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= max && !/\p{Cc}/u.test(value);
const isTexts = (value: unknown, max: number): boolean =>
  Array.isArray(value) &&
  value.length <= max &&
  value.every((item) => isText(item, 100)) &&
  new Set(value).size === value.length;

const checks: Readonly<Record<string, Check>> = {
  type: (value) => (isText(value, 60) ? null : 'must be the name of a record type'),
  name: (value) => (isText(value, 80) ? null : 'must be a text of 1 to 80 characters'),
  filter: (value) =>
    value === null || (typeof value === 'object' && JSON.stringify(value).length <= maxFilterLength)
      ? null
      : 'must be a filter as lists take it, or null',
  sort: (value) => (value === null || isText(value, 300) ? null : 'must be a sort as lists take it, or null'),
  columns: (value) =>
    isTexts(value, maxColumns) ? null : `must be a list of at most ${String(maxColumns)} different fields`,
  layout: (value) => (value === 'table' || value === 'board' ? null : 'must be "table" or "board"'),
  sharedWith: (value) =>
    value === 'nobody' || value === 'everyone' || (isTexts(value, 50) && (value as unknown[]).length > 0)
      ? null
      : 'must be "nobody", "everyone" or a list of role keys',
  position: (value) =>
    Number.isInteger(value) && Math.abs(value as number) < 1_000_000 ? null : 'must be a whole number',
  isDefault: (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
};

/** @param isNew whether `type` and `name` must be there @throws InvalidInput naming every wrong or unknown member */
export function parseView(body: unknown, isNew: boolean): ViewInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new InvalidInput([{ path: '', message: 'must be an object' }]);
  const members = body as Record<string, unknown>;
  const known = Object.keys(checks).filter((name) => isNew || name !== 'type');
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(members)) {
    const message = known.includes(name)
      ? checks[name]?.(value)
      : `is not a member here; known are ${known.join(', ')}`;
    if (message) problems.push({ path: name.slice(0, 100), message });
  }
  for (const name of isNew ? ['type', 'name'] : [])
    if (!(name in members)) problems.push({ path: name, message: 'is required' });
  if (problems.length > 0) throw new InvalidInput(problems);
  const { type, isDefault, ...content } = members as Partial<ViewContent> & {
    type?: string;
    isDefault?: boolean;
  };
  return {
    content: {
      ...content,
      ...(content.name === undefined ? {} : { name: content.name.normalize('NFC').trim() }),
    },
    ...(type === undefined ? {} : { type }),
    ...(isDefault === undefined ? {} : { isDefault }),
  };
}
