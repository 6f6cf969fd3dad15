import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { AuditTrail } from '../audit/index.js';
import { withTransaction } from '../platform/database/index.js';
import type { RequestContext } from '../records/index.js';

export type AccessAction =
  | 'sign-in'
  | 'sign-in-failed'
  | 'sign-out'
  | 'password-changed'
  | 'password-set'
  | 'replica-password-set'
  | 'user-created'
  | 'roles-assigned'
  | 'role-created'
  | 'role-changed'
  | 'role-deleted'
  | 'team-created'
  | 'team-changed'
  | 'team-deleted'
  | 'manager-set'
  | 'token-created'
  | 'token-revoked';

export interface AccessChange {
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
}

/** Writes what happened around sign-in and rights into the audit. Never a secret, never a typed-in e-mail. */
@Injectable()
export class AccessAudit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly trail: AuditTrail,
  ) {}

  async append(
    tx: QueryRunner,
    ctx: RequestContext,
    action: AccessAction,
    type: string,
    recordId: string | null,
    change: AccessChange = {},
  ): Promise<void> {
    const before = change.before ?? null;
    const after = change.after ?? null;
    const fieldNames = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
    await this.trail.append(tx, ctx, [{ action, type, recordId, fieldNames, before, after }]);
  }

  /** In a transaction of its own: what failed has none. An unknown name is not written down, it may be a password. */
  async signInFailed(ctx: RequestContext, userId: string | null): Promise<void> {
    await withTransaction(this.dataSource, (tx) => this.append(tx, ctx, 'sign-in-failed', 'user', userId));
  }
}
