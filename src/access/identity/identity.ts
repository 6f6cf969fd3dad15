import type { Principal, RequestContext } from '../../records/index.js';
import { PermissionSet } from '../roles/permission-set.js';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly locale: string;
  readonly timeZone: string;
}

/** Who stands behind a request, as the database said when it came in. */
export interface Identity {
  readonly principal: Principal;
  readonly permissions: PermissionSet;
  /** null for a token that acts for no person */
  readonly person: Person | null;
  /** null for tokens */
  readonly session: { readonly id: string; readonly csrfToken: string } | null;
  readonly mustChangePassword: boolean;
  /** whose records the level `team` covers, oneself included; null where no role has that level, and on a replica */
  readonly ownersInReach: readonly string[] | null;
}

// Permissions hang on the principal object itself, which only the guard and the directory make: a context that
// somebody puts together by hand carries no permissions, whatever role names it claims.
const identities = new WeakMap<Principal, Identity>();

export function rememberIdentity(identity: Identity): void {
  identities.set(identity.principal, identity);
}

/** null for the system and for a principal that was not resolved through this module. */
export function identityOf(ctx: Pick<RequestContext, 'principal'>): Identity | null {
  return identities.get(ctx.principal) ?? null;
}

const nothing = new PermissionSet([]);

/** What the caller may do; nothing at all for a principal that was not resolved. Not for `system`. */
export function permissionsOf(ctx: Pick<RequestContext, 'principal'>): PermissionSet {
  return identityOf(ctx)?.permissions ?? nothing;
}
