import type { AccessOptions } from '../access.options.js';
import type { Identity } from '../identity/identity.js';
import { roleFlags, tokenScopes, type RoleFlag, type TokenScope } from '../roles/role.js';

export interface Me {
  /** null for a token that acts for no person */
  user: { id: string; name: string; email: string; locale: string; timeZone: string } | null;
  roles: readonly string[];
  /** what one may do beside records; those are in GET /types */
  may: RoleFlag[];
  scopes: TokenScope[];
  /** to be sent back as X-CSRF-Token; null for tokens, which need none */
  csrfToken: string | null;
  mustChangePassword: boolean;
  server: { role: 'primary' | 'replica'; version: string; installation: string };
}

export function presentMe(identity: Identity, options: AccessOptions): Me {
  const { person, permissions, principal, session } = identity;
  return {
    user: person,
    roles: principal.roles,
    may: roleFlags.filter((flag) => permissions.has(flag)),
    scopes: tokenScopes.filter((scope) => permissions.isInScope(scope)),
    csrfToken: session?.csrfToken ?? null,
    mustChangePassword: identity.mustChangePassword,
    server: { role: options.role, version: options.version, installation: options.installation },
  };
}
