import { PermissionSet } from './permission-set.js';
import type { RoleDefinition, TokenScope } from './role.js';

export interface CompiledPermissions {
  readonly permissions: PermissionSet;
  readonly roleKeys: readonly string[];
}

/** Installations have a handful of role combinations; one that has more than this compiles some of them anew. */
const maxKept = 500;
const kept = new Map<string, CompiledPermissions>();

/**
 * The permissions that these role definitions give. The definitions come from the database with every request, so that
 * a change of roles holds at once; only what follows from the same definitions is kept, and views and select lists
 * compiled for it elsewhere are found again by it.
 * @param roles JSON text of a list of {@link RoleDefinition}
 * @param scopes of the token used; null without one
 */
export function compiledPermissions(
  roles: string,
  scopes: readonly TokenScope[] | null,
): CompiledPermissions {
  const key = scopes === null ? roles : `${scopes.join(' ')} ${roles}`;
  const known = kept.get(key);
  if (known) return known;
  const definitions = JSON.parse(roles) as RoleDefinition[];
  const made = {
    permissions: new PermissionSet(definitions, scopes && new Set(scopes)),
    roleKeys: definitions.map((role) => role.key),
  };
  if (kept.size >= maxKept) kept.clear();
  kept.set(key, made);
  return made;
}
