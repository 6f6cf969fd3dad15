import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import type { RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { PasswordHasher } from '../password/password-hasher.js';
import { checkNewPassword } from '../password/password-rules.js';
import { SessionStore } from '../sessions/session.store.js';
import { SignInLimiter } from '../sign-in/sign-in-limiter.js';
import { UserAccess, type UserSummary } from './user-access.service.js';

/** A person's own passwords: the one for here and the one for replicas. Both need the present one for here. */
@Injectable()
export class OwnPasswords {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UserAccess,
    private readonly sessions: SessionStore,
    private readonly hasher: PasswordHasher,
    private readonly limiter: SignInLimiter,
    private readonly audit: AccessAudit,
  ) {}

  /** Ends all other sessions of the person; `sessionId` goes on. */
  async change(
    ctx: RequestContext,
    userId: string,
    input: { current: string; next: string; sessionId: string | null },
  ): Promise<void> {
    const user = await this.confirmed(ctx, userId, input.current);
    checkNewPassword(input.next, user, 'newPassword');
    if (input.next === input.current)
      throw new InvalidInput([{ path: 'newPassword', message: 'must differ from the present one' }]);
    const hash = await this.hasher.hash(input.next);
    await withTransaction(this.dataSource, async (tx) => {
      await query(
        tx,
        `UPDATE access.credential SET password_hash = $2, changed_at = now(), must_change = false
         WHERE user_id = $1`,
        [userId, hash],
      );
      await this.sessions.endAllOf(tx, userId, input.sessionId);
      await this.audit.append(tx, ctx, 'password-changed', 'user', userId);
    });
  }

  /**
   * Must not be the password for here: a replica's host is trusted with less, and what is typed there
   * must not open the premises.
   */
  async chooseForReplica(ctx: RequestContext, userId: string, current: string, next: string): Promise<void> {
    await this.confirmed(ctx, userId, current);
    await this.setReplicaPassword(ctx, userId, next);
  }

  /**
   * For the command line and the first start; the API asks for the present password first.
   * `mayEqualHome` is for trials that print one password per person, and for nothing else.
   */
  async setReplicaPassword(
    ctx: RequestContext,
    userId: string,
    password: string,
    options: { mayEqualHome?: boolean } = {},
  ): Promise<void> {
    const user = await this.users.findUser(this.dataSource, userId);
    checkNewPassword(password, user, 'replicaPassword');
    if (options.mayEqualHome !== true && (await this.isPasswordForHere(userId, password)))
      throw new InvalidInput([
        { path: 'replicaPassword', message: 'must differ from the password used here' },
      ]);
    const hash = await this.hasher.hash(password);
    await withTransaction(this.dataSource, async (tx) => {
      await storeReplicaLogin(tx, user, hash);
      await this.audit.append(tx, ctx, 'replica-password-set', 'user', userId);
    });
  }

  /** A stolen session must not guess the password here without the limits of sign-in. */
  private async confirmed(ctx: RequestContext, userId: string, password: string): Promise<UserSummary> {
    const user = await this.users.findUser(this.dataSource, userId);
    const ticket = await this.limiter.begin(user.email, ctx.ip);
    if (!(await this.isPasswordForHere(userId, password)))
      throw new InvalidInput([{ path: 'currentPassword', message: 'is wrong' }]);
    await this.limiter.succeeded(ticket);
    return user;
  }

  private async isPasswordForHere(userId: string, password: string): Promise<boolean> {
    const [row] = await query<{ password_hash: string }>(
      this.dataSource,
      `SELECT password_hash FROM access.credential WHERE user_id = $1`,
      [userId],
    );
    return (await this.hasher.verify(password, row?.password_hash ?? null)).matches;
  }
}

async function storeReplicaLogin(tx: QueryRunner, user: UserSummary, hash: string): Promise<void> {
  await query(
    tx,
    `INSERT INTO access.replica_login (id, user_id, email, password_hash, roles)
     SELECT $1, $2, $3, $4, ARRAY(SELECT r.key FROM access.user_role ur JOIN access.role r ON r.id = ur.role_id
       WHERE ur.user_id = $2 ORDER BY r.key)
     ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, email = excluded.email,
       roles = excluded.roles, updated_at = now()`,
    [uuidv7(), user.id, user.email, hash],
  );
}
