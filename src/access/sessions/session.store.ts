import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';
import { ACCESS_OPTIONS, defaultSessionAbsoluteMs, defaultSessionIdleMs } from '../access.options.js';
import type { AccessOptions } from '../access.options.js';
import { hashSecret, newSecret } from '../identity/secret-token.js';

const maxUserAgentLength = 300;

export interface NewSession {
  userId: string;
  /** the stored hash that the password was checked against */
  passwordHash: string;
  ip: string | null;
  userAgent: string | null;
}

/** Sessions live in the database, so that every server knows them and ending one ends it everywhere at once. */
@Injectable()
export class SessionStore {
  private readonly idleMs: number;
  private readonly absoluteMs: number;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(ACCESS_OPTIONS) options: AccessOptions,
  ) {
    this.idleMs = options.sessionIdleMs ?? defaultSessionIdleMs;
    this.absoluteMs = options.sessionAbsoluteMs ?? defaultSessionAbsoluteMs;
  }

  /** @returns the secret for the cookie; only its hash is kept */
  async open(tx: SqlRunner, session: NewSession): Promise<string> {
    const secret = newSecret();
    await query(
      tx,
      `INSERT INTO access.session (id, token_hash, user_id, expires_at, login_stamp, ip, user_agent)
       VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond', $5, $6, $7)`,
      [
        uuidv7(),
        hashSecret(secret),
        session.userId,
        this.absoluteMs,
        createHash('sha256').update(session.passwordHash, 'utf8').digest(),
        session.ip,
        session.userAgent?.slice(0, maxUserAgentLength) ?? null,
      ],
    );
    return secret;
  }

  async end(tx: SqlRunner, sessionId: string): Promise<void> {
    await query(tx, `DELETE FROM access.session WHERE id = $1`, [sessionId]);
  }

  async endBySecret(tx: SqlRunner, secret: string): Promise<void> {
    await query(tx, `DELETE FROM access.session WHERE token_hash = $1`, [hashSecret(secret)]);
  }

  /** After a new password: whoever knew the old one is out. `keep` is the session that made the change. */
  async endAllOf(tx: SqlRunner, userId: string, keep: string | null): Promise<void> {
    await query(tx, `DELETE FROM access.session WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid`, [
      userId,
      keep,
    ]);
  }

  async removeEnded(): Promise<void> {
    await query(
      this.dataSource,
      `DELETE FROM access.session
       WHERE expires_at < now() OR last_seen_at < now() - $1 * interval '1 millisecond'`,
      [this.idleMs],
    );
  }
}
