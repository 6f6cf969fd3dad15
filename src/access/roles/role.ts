import type { SystemFlag } from '../../records/index.js';

export const actions = ['create', 'read', 'update', 'delete'] as const;
export type Action = (typeof actions)[number];

/** From narrow to wide. `team`: of those whom teams and reporting lines put in one's reach. */
export const levels = ['none', 'own', 'team', 'all'] as const;
export type Level = (typeof levels)[number];

/** What a role may say. `deny` wins over whatever the person's other roles allow. */
export const roleLevels = [...levels, 'deny'] as const;
export type RoleLevel = (typeof roleLevels)[number];

/** What a role may do beside records. Kept few: each one guards a whole page of administration. */
export const roleFlags = [
  'manageUsers',
  'manageCustomFields',
  'manageSettings',
  'manageCloud',
  'import',
] as const satisfies readonly SystemFlag[];
export type RoleFlag = (typeof roleFlags)[number];

/** What an API token may do of what its owner may. */
export const tokenScopes = ['read', 'write', 'admin'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** Per type, or `*` for the types not named, and per action. What is not named is `none`. */
export type RolePermissions = Readonly<Record<string, Readonly<Partial<Record<Action, RoleLevel>>>>>;
/** Field names per type. */
export type RoleFields = Readonly<Record<string, readonly string[]>>;

/** A role as it stands in access.role. Roles are data: nothing in the code asks for one by its key. */
export interface RoleDefinition {
  readonly key: string;
  readonly name: string;
  readonly permissions: RolePermissions;
  readonly flags: readonly RoleFlag[];
  readonly hiddenFields: RoleFields;
  readonly readOnlyFields: RoleFields;
}
