import { tagName, type FilterOp } from '../kinds/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import { fieldSql } from '../view/type-view.js';
import type { SqlScope } from './sql-scope.js';

const maxTags = 100;

/** `contains` asks for one tag, `in` for at least one of several; the GIN index of the column answers both. */
export function tagCondition(
  field: FieldMeta,
  op: FilterOp,
  value: unknown,
  scope: SqlScope,
  refuse: (message: string, where?: string) => void,
): (alias: string) => string {
  const isList = op === 'in';
  if (isList && (!Array.isArray(value) || value.length === 0 || value.length > maxTags)) {
    refuse(`must be a list of 1 to ${String(maxTags)} tags`);
    return () => 'FALSE';
  }
  const items = isList ? (value as unknown[]) : [value];
  const names = items.map((item, index) => {
    const parsed = tagName(item);
    if ('wrong' in parsed) refuse(parsed.wrong, isList ? `[${String(index)}]` : '');
    return 'wrong' in parsed ? '' : parsed.value;
  });
  const placeholder = scope.bind(names);
  return (alias) => `${fieldSql(field, alias)} ?| ${placeholder}::text[]`;
}
