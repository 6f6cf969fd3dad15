import type { FieldProblem } from '../../platform/errors/index.js';
import type { RecordTypeMeta } from '../../records/index.js';
import { actions, roleFlags, roleLevels, type RoleDefinition, type RoleFields } from './role.js';

const maxNameLength = 120;
const keyPattern = /^[a-z][a-z0-9-]{0,62}$/;
const customField = /^custom\.[a-z][A-Za-z0-9_]*$/;
const oneOf = (names: readonly string[]): string => `must be one of ${names.join(', ')}`;

/** What is wrong with a role that somebody wrote, each with the place and what would be right. */
export function roleProblems(role: RoleDefinition, types: readonly RecordTypeMeta[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!keyPattern.test(role.key))
    problems.push({ path: 'key', message: 'must be small letters, digits and hyphens, a letter first' });
  if (role.name.trim() === '' || role.name.length > maxNameLength)
    problems.push({ path: 'name', message: `must have 1 to ${String(maxNameLength)} characters` });
  role.flags.forEach((flag, index) => {
    if (!roleFlags.includes(flag))
      problems.push({ path: `flags[${String(index)}]`, message: oneOf(roleFlags) });
  });
  const ruling = types.filter((type) => !type.partOf).map(({ name }) => name);
  return [
    ...problems,
    ...permissionProblems(role.permissions, ruling),
    ...fieldProblems('hiddenFields', role.hiddenFields, types),
    ...fieldProblems('readOnlyFields', role.readOnlyFields, types),
  ];
}

/** As it came over the wire: nothing in it is what its type says until it was looked at. */
function permissionProblems(permissions: object, types: readonly string[]): FieldProblem[] {
  return Object.entries(permissions).flatMap(([type, line]: [string, unknown]): FieldProblem[] => {
    const path = `permissions.${type}`;
    if (type !== '*' && !types.includes(type)) return [{ path, message: oneOf(['*', ...types]) }];
    if (!isPlainObject(line)) return [{ path, message: 'must be an object of levels by action' }];
    return Object.entries(line).flatMap(([action, level]) => {
      const place = `${path}.${action}`;
      if (!isIn(actions, action)) return [{ path: place, message: oneOf(actions) }];
      return isIn(roleLevels, level) ? [] : [{ path: place, message: oneOf(roleLevels) }];
    });
  });
}

function fieldProblems(key: string, fields: RoleFields, types: readonly RecordTypeMeta[]): FieldProblem[] {
  return Object.entries(fields).flatMap(([name, list]: [string, unknown]): FieldProblem[] => {
    const path = `${key}.${name}`;
    const type = types.find((each) => each.name === name);
    if (!type) return [{ path, message: oneOf(types.map((each) => each.name)) }];
    if (!Array.isArray(list)) return [{ path, message: 'must be a list of field names' }];
    return list.flatMap((field: unknown, index) =>
      typeof field === 'string' && (type.fieldByName.has(field) || customField.test(field))
        ? []
        : [{ path: `${path}[${String(index)}]`, message: `is no field of ${name}` }],
    );
  });
}

const isIn = (names: readonly string[], value: unknown): boolean =>
  typeof value === 'string' && names.includes(value);

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
