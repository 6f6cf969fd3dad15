import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import { InvalidInput, NotAllowed, NotFound } from '../../platform/errors/index.js';
import type { PageQuery, RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { TokenMayNotMakeTokens } from '../access.errors.js';
import { permissionsOf } from '../identity/identity.js';
import { hashSecret, newSecret } from '../identity/secret-token.js';
import type { TokenScope } from '../roles/role.js';
import { UserAccess } from '../users/user-access.service.js';
import { isNetwork } from './allowed-networks.js';

export interface NewApiToken {
  /** whom it acts for; null only for a token of the server itself, which then needs `roles` */
  userId: string | null;
  name: string;
  scopes: readonly TokenScope[];
  /** role keys instead of the person's own roles */
  roles?: readonly string[];
  expiresAt?: Date;
  /** addresses and networks such as `192.0.2.0/24`; from anywhere when left out */
  allowedNetworks?: readonly string[];
}

export interface ApiTokenSummary {
  id: string;
  name: string;
  userId: string | null;
  scopes: TokenScope[];
  allowedNetworks: string[] | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export interface ApiTokenPage {
  readonly data: readonly ApiTokenSummary[];
  readonly page: { readonly nextCursor: string | null };
}

const columns = `id, name, user_id AS "userId", scopes, allowed_networks AS "allowedNetworks",
  created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"`;

@Injectable()
export class ApiTokens {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UserAccess,
    private readonly audit: AccessAudit,
  ) {}

  /**
   * @returns the token, `hft_` and 43 characters: shown once, only its hash is kept
   * @throws TokenMayNotMakeTokens for every caller that is a token itself
   * @throws NotAllowed for a person beyond the caller's own rights
   */
  async create(
    ctx: RequestContext,
    input: NewApiToken,
  ): Promise<{ token: string; summary: ApiTokenSummary }> {
    await this.refuseBeyondOwn(ctx, input);
    if (input.expiresAt && input.expiresAt.getTime() <= Date.now())
      throw new InvalidInput([{ path: 'expiresAt', message: 'must lie in the future' }]);
    refuseUnreadableNetworks(input.allowedNetworks);
    const token = `hft_${newSecret()}`;
    const summary = await withTransaction(this.dataSource, async (tx) => {
      const created = await insertToken(tx, ctx, input, hashSecret(token));
      await this.audit.append(tx, ctx, 'token-created', 'apiToken', created.id, {
        after: auditedOf(created),
      });
      return created;
    });
    return { token, summary };
  }

  /** All tokens for those who manage users, one's own for the others; newest first. */
  async page(ctx: RequestContext, { limit, after }: PageQuery): Promise<ApiTokenPage> {
    const rows = await query<ApiTokenSummary>(
      this.dataSource,
      `SELECT ${columns} FROM access.api_token WHERE ($1 OR user_id = $2) AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [managesUsers(ctx), ctx.principal.userId, after, limit + 1],
    );
    const data = rows.slice(0, limit);
    return { data, page: { nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null } };
  }

  /** @throws NotFound for a token that is not there, not one's own, or revoked already */
  async revoke(ctx: RequestContext, id: string): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      const [row] = await query<{ id: string }>(
        tx,
        `UPDATE access.api_token SET revoked_at = now()
         WHERE id = $1 AND revoked_at IS NULL AND ($2 OR user_id = $3) RETURNING id`,
        [id, managesUsers(ctx), ctx.principal.userId],
      );
      if (!row) throw new NotFound();
      await this.audit.append(tx, ctx, 'token-revoked', 'apiToken', id);
    });
  }

  private async refuseBeyondOwn(ctx: RequestContext, input: NewApiToken): Promise<void> {
    if (ctx.principal.kind === 'system') return;
    // What it made would outlive it, whatever is compared: nobody who revokes a token knows of the ones it left behind.
    if (ctx.principal.kind === 'token') throw new TokenMayNotMakeTokens();
    if (input.roles !== undefined || input.userId === null)
      throw new NotAllowed({ detail: 'Only the command line makes tokens with roles of their own.' });
    if (input.userId === ctx.principal.userId) return;
    if (!managesUsers(ctx)) throw new NotAllowed();
    await this.users.findUser(this.dataSource, input.userId);
    await this.users.refuseMightierThan(ctx, this.dataSource, input.userId);
  }
}

function refuseUnreadableNetworks(networks: readonly string[] = []): void {
  const message = 'must be an address, or a network such as 192.0.2.0/24 or 2001:db8::/32';
  const faults = networks.flatMap((text, index) =>
    isNetwork(text) ? [] : [{ path: `allowedNetworks[${index}]`, message }],
  );
  if (faults.length > 0) throw new InvalidInput(faults);
}

function auditedOf({ name, scopes, userId, allowedNetworks }: ApiTokenSummary): Record<string, unknown> {
  return { name, scopes, userId, allowedNetworks };
}

function managesUsers(ctx: RequestContext): boolean {
  return ctx.principal.kind === 'system' || permissionsOf(ctx).has('manageUsers');
}

async function insertToken(
  tx: QueryRunner,
  ctx: RequestContext,
  input: NewApiToken,
  hash: Buffer,
): Promise<ApiTokenSummary> {
  const [row] = await query<ApiTokenSummary>(
    tx,
    `INSERT INTO access.api_token (id, name, token_hash, user_id, roles, scopes, created_by, expires_at, allowed_networks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${columns}`,
    [
      uuidv7(),
      input.name,
      hash,
      input.userId,
      input.roles ?? null,
      input.scopes,
      ctx.principal.userId,
      input.expiresAt ?? null,
      input.allowedNetworks ?? null,
    ],
  );
  if (!row) throw new TypeError('INSERT … RETURNING answered no row');
  return row;
}
