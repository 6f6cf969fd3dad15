import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LookupBatch, query, queryPrepared } from '../../platform/database/index.js';
import { TokenAddressRefused } from '../access.errors.js';
import { ACCESS_OPTIONS, defaultSessionIdleMs, type AccessOptions } from '../access.options.js';
import { compiledPermissions } from '../roles/compiled-permissions.js';
import type { TokenScope } from '../roles/role.js';
import { isAddressAllowed } from '../tokens/allowed-networks.js';
import { rememberIdentity, type Identity, type Person } from './identity.js';
import { csrfTokenFor, hashSecret } from './secret-token.js';

/** `last_seen_at` and `last_used_at` are written at most this often per session or token. */
const touchAfterMs = 60_000;

interface PersonRow {
  user_id: string | null;
  name: string | null;
  email: string | null;
  locale: string | null;
  time_zone: string | null;
  /** JSON text of the roles */
  roles: string;
  in_reach: string[] | null;
}
interface SecretRow extends PersonRow {
  /** hex of the secret's hash */
  hash: string;
}
interface SessionRow extends SecretRow {
  id: string;
  must_change: boolean;
  is_stale: boolean;
}
interface TokenRow extends SecretRow {
  id: string;
  token_name: string;
  scopes: TokenScope[];
  allowed_networks: string[] | null;
  is_stale: boolean;
}

const roleObject = `json_build_object('key', r.key, 'name', r.name, 'permissions', r.permissions, 'flags', r.flags,
  'hiddenFields', r.hidden_fields, 'readOnlyFields', r.read_only_fields)`;
const rolesByKey = (keys: string): string =>
  `(SELECT coalesce(json_agg(${roleObject} ORDER BY r.key), '[]')::text FROM access.role r WHERE r.key = ANY (${keys}))`;
const rolesOfUser = `(SELECT coalesce(json_agg(${roleObject} ORDER BY r.key), '[]')::text
  FROM access.user_role ur JOIN access.role r ON r.id = ur.role_id WHERE ur.user_id = u.id)`;

/** Where the two kinds of server find a person's e-mail and roles. Both read them anew with every request. */
const sources = {
  primary: { login: '', email: 'u.email', roles: rolesOfUser },
  replica: {
    login: 'LEFT JOIN access.replica_login l ON l.user_id = u.id',
    email: 'l.email',
    roles: rolesByKey('l.roles'),
  },
} as const;
const isLive = 'u.active AND u.deleted_at IS NULL';

/** Turns a cookie's or a header's secret into an identity, or into nothing. */
@Injectable()
export class IdentityStore {
  private readonly sessions: LookupBatch<SessionRow>;
  private readonly tokens: LookupBatch<TokenRow>;
  private readonly tokenIdSql: string;
  private readonly userSql: string;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_OPTIONS) options: AccessOptions,
  ) {
    const idleMs = options.sessionIdleMs ?? defaultSessionIdleMs;
    const [ofSessions, ofTokens] = [sessionSql(options.role), tokenSql(options.role, 'token_hash')];
    this.sessions = this.bySecrets<SessionRow>(ofSessions, [touchAfterMs, idleMs]);
    this.tokens = this.bySecrets<TokenRow>(ofTokens, [touchAfterMs]);
    this.tokenIdSql = tokenSql(options.role, 'id');
    this.userSql = userSql(options.role);
  }

  async bySession(secret: string): Promise<Identity | null> {
    const row = await this.sessions.find(hashSecret(secret).toString('hex'));
    if (!row) return null;
    if (row.is_stale) await this.touch('session', 'last_seen_at', row.id);
    const session = { id: row.id, csrfToken: csrfTokenFor(secret) };
    return personIdentity(row, session, row.must_change);
  }

  /** @throws TokenAddressRefused when the token may not be used from the address */
  async byToken(secret: string, address: string): Promise<Identity | null> {
    const row = await this.tokens.find(hashSecret(secret).toString('hex'));
    if (!row) return null;
    if (!isAddressAllowed(row.allowed_networks, address)) throw new TokenAddressRefused();
    if (row.is_stale) await this.touch('api_token', 'last_used_at', row.id);
    return tokenIdentity(row);
  }

  /** For work done later on a person's behalf (an import job): the roles they have now. Null when disabled. */
  async byUserId(userId: string): Promise<Identity | null> {
    const [row] = await queryPrepared<PersonRow>(this.dataSource, this.userSql, [userId]);
    return row ? personIdentity(row, null, false) : null;
  }

  /** For work done later on a token's behalf: what it may do now. Null once it is revoked or has expired. */
  async byTokenId(tokenId: string): Promise<Identity | null> {
    const [row] = await queryPrepared<TokenRow>(this.dataSource, this.tokenIdSql, [[tokenId], touchAfterMs]);
    return row ? tokenIdentity(row) : null;
  }

  private bySecrets<R extends SecretRow>(sql: string, settings: readonly unknown[]): LookupBatch<R> {
    return new LookupBatch<R>(async (hashes) => {
      const secrets = hashes.map((hash) => Buffer.from(hash, 'hex'));
      const rows = await queryPrepared<R>(this.dataSource, sql, [secrets, ...settings]);
      return new Map(rows.map((row) => [row.hash, row]));
    });
  }

  private async touch(table: 'session' | 'api_token', column: string, id: string): Promise<void> {
    await query(this.dataSource, `UPDATE access.${table} SET ${column} = now() WHERE id = $1`, [id]);
  }
}

/**
 * Asked with every request like the roles, so that who leaves a team loses its records at once, but only where a role
 * has the level team. A replica does not know the teams: there the level covers one's own records.
 */
const reachOf = (role: 'primary' | 'replica', userId: string): string =>
  role === 'replica'
    ? 'NULL::text[]'
    : `CASE WHEN held.roles LIKE '%"team"%' THEN access.owners_in_reach(${userId})::text[] END`;
/** OFFSET 0 keeps PostgreSQL from asking for the roles once more in the comparison above. */
const held = (roles: string): string => `CROSS JOIN LATERAL (SELECT ${roles} AS roles OFFSET 0) held`;

const personColumns = (role: 'primary' | 'replica'): string =>
  `u.id AS user_id, u.name, ${sources[role].email} AS email, u.locale, u.time_zone`;

function sessionSql(role: 'primary' | 'replica'): string {
  const isReplica = role === 'replica';
  // The stamp ties a session to the password it was opened with; on premises a change deletes the sessions itself.
  const stamp = isReplica ? `AND s.login_stamp = sha256(convert_to(l.password_hash, 'UTF8'))` : '';
  const credential = isReplica ? '' : 'LEFT JOIN access.credential c ON c.user_id = u.id';
  return `SELECT s.id, encode(s.token_hash, 'hex') AS hash, ${personColumns(role)},
      held.roles, ${reachOf(role, 'u.id')} AS in_reach,
      ${isReplica ? 'false' : 'coalesce(c.must_change, false)'} AS must_change,
      s.last_seen_at < now() - $2 * interval '1 millisecond' AS is_stale
    FROM access.session s JOIN crm."user" u ON u.id = s.user_id AND ${isLive}
      ${sources[role].login} ${credential} ${held(sources[role].roles)}
    WHERE s.token_hash = ANY ($1::bytea[]) AND s.expires_at > now()
      AND s.last_seen_at > now() - $3 * interval '1 millisecond' ${stamp}`;
}

function tokenSql(role: 'primary' | 'replica', key: 'token_hash' | 'id'): string {
  const type = key === 'id' ? 'uuid' : 'bytea';
  const roles = `CASE WHEN t.roles IS NULL THEN ${sources[role].roles} ELSE ${rolesByKey('t.roles')} END`;
  return `SELECT t.id, encode(t.token_hash, 'hex') AS hash, t.name AS token_name, t.scopes, t.allowed_networks,
      ${personColumns(role)}, held.roles, ${reachOf(role, 'u.id')} AS in_reach,
      coalesce(t.last_used_at < now() - $2 * interval '1 millisecond', true) AS is_stale
    FROM access.api_token t LEFT JOIN crm."user" u ON u.id = t.user_id AND ${isLive}
      ${sources[role].login} ${held(roles)}
    WHERE t.${key} = ANY ($1::${type}[]) AND t.revoked_at IS NULL AND coalesce(t.expires_at > now(), true)
      AND (t.user_id IS NULL OR u.id IS NOT NULL)`;
}

function userSql(role: 'primary' | 'replica'): string {
  return `SELECT ${personColumns(role)}, held.roles, ${reachOf(role, 'u.id')} AS in_reach
    FROM crm."user" u ${sources[role].login} ${held(sources[role].roles)} WHERE u.id = $1 AND ${isLive}`;
}

function personOf(row: PersonRow): Person | null {
  if (row.user_id === null) return null;
  return {
    id: row.user_id,
    name: row.name ?? '',
    email: row.email ?? '',
    locale: row.locale ?? 'en',
    timeZone: row.time_zone ?? 'UTC',
  };
}

function personIdentity(row: PersonRow, session: Identity['session'], mustChangePassword: boolean): Identity {
  const person = personOf(row);
  const { permissions, roleKeys: roles } = compiledPermissions(row.roles, null);
  const principal = { kind: 'user' as const, userId: row.user_id, roles, name: person?.name ?? '' };
  const ownersInReach = row.in_reach;
  return remembered({ principal, permissions, person, session, mustChangePassword, ownersInReach });
}

function tokenIdentity(row: TokenRow): Identity {
  const person = personOf(row);
  const { permissions, roleKeys } = compiledPermissions(row.roles, row.scopes);
  const principal = {
    kind: 'token' as const,
    userId: row.user_id,
    roles: roleKeys,
    tokenId: row.id,
    name: person?.name ?? row.token_name,
  };
  const rest = { person, session: null, mustChangePassword: false, ownersInReach: row.in_reach };
  return remembered({ principal, permissions, ...rest });
}

function remembered(identity: Identity): Identity {
  rememberIdentity(identity);
  return identity;
}
