import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import type { RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { SignInFailed } from '../access.errors.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access.options.js';
import { PasswordHasher, type Verification } from '../password/password-hasher.js';
import { SessionStore } from '../sessions/session.store.js';
import { SignInLimiter } from './sign-in-limiter.js';

export interface SignInInput {
  email: string;
  password: string;
  userAgent: string | null;
  /** the session cookie that came with the request: it ends here, whoever put it there */
  previousSecret: string | null;
}

interface Login {
  user_id: string;
  password_hash: string | null;
}

const loginSql = {
  primary: `SELECT u.id AS user_id, c.password_hash FROM crm."user" u
    LEFT JOIN access.credential c ON c.user_id = u.id
    WHERE lower(u.email) = lower($1) AND u.active AND u.deleted_at IS NULL LIMIT 1`,
  replica: `SELECT u.id AS user_id, l.password_hash FROM access.replica_login l
    JOIN crm."user" u ON u.id = l.user_id
    WHERE lower(l.email) = lower($1) AND u.active AND u.deleted_at IS NULL LIMIT 1`,
} as const;

@Injectable()
export class SignInService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
    private readonly hasher: PasswordHasher,
    private readonly limiter: SignInLimiter,
    private readonly sessions: SessionStore,
    private readonly audit: AccessAudit,
  ) {}

  /**
   * Checks the password and opens a session. Every failure is the same error and costs the same work.
   * @returns the session's secret
   * @throws SignInFailed, TooManyRequests, SignInBusy
   */
  async signIn(ctx: RequestContext, input: SignInInput): Promise<string> {
    const ticket = await this.limiter.begin(input.email, ctx.ip);
    const [login] = await query<Login>(this.dataSource, loginSql[this.options.role], [input.email]);
    const verification = await this.hasher.verify(input.password, login?.password_hash ?? null);
    if (!login?.password_hash || !verification.matches) {
      await this.audit.signInFailed(ctx, login?.user_id ?? null);
      throw new SignInFailed();
    }
    const passwordHash = await this.refreshed(input.password, login.password_hash, verification);
    const secret = await this.openSession(ctx, input, login.user_id, login.password_hash, passwordHash);
    await this.limiter.succeeded(ticket);
    return secret;
  }

  private async openSession(
    ctx: RequestContext,
    input: SignInInput,
    userId: string,
    checkedHash: string,
    passwordHash: string,
  ): Promise<string> {
    return withTransaction(this.dataSource, async (tx) => {
      // The password may have been changed while argon2 ran: then the old one opens nothing any more.
      if (!(await this.isStillCurrent(tx, userId, checkedHash))) throw new SignInFailed();
      if (passwordHash !== checkedHash)
        await query(tx, `UPDATE access.credential SET password_hash = $2 WHERE user_id = $1`, [
          userId,
          passwordHash,
        ]);
      if (input.previousSecret !== null) await this.sessions.endBySecret(tx, input.previousSecret);
      const secret = await this.sessions.open(tx, {
        userId,
        passwordHash,
        ip: ctx.ip,
        userAgent: input.userAgent,
      });
      await this.audit.append(tx, ctx, 'sign-in', 'user', userId);
      return secret;
    });
  }

  private async isStillCurrent(
    tx: Parameters<typeof query>[0],
    userId: string,
    checkedHash: string,
  ): Promise<boolean> {
    const sql =
      this.options.role === 'replica'
        ? `SELECT 1 FROM access.replica_login WHERE user_id = $1 AND password_hash = $2`
        : `SELECT 1 FROM access.credential WHERE user_id = $1 AND password_hash = $2 FOR UPDATE`;
    return (await query(tx, sql, [userId, checkedHash])).length > 0;
  }

  /** A hash made with older parameters is renewed while the password is at hand; a replica may not write it. */
  private async refreshed(password: string, stored: string, verification: Verification): Promise<string> {
    const isPrimary = this.options.role === 'primary';
    return isPrimary && verification.needsRehash ? this.hasher.hash(password) : stored;
  }
}
