// Guessing is slowed per pair of account and address, so that whoever guesses from one address cannot keep the
// owner out from another; and per address alone, which is what stops one address from trying a list of accounts.
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { TooManyRequests } from '../../platform/errors/index.js';

interface Limit {
  /** the failure from which on one has to wait: a second after it, and twice as long after each further one */
  readonly waitFrom: number;
  /** the longest wait */
  readonly maxDelayMs: number;
  /** failures are forgotten when so much time passed without another */
  readonly forgetAfterMs: number;
}

const minuteMs = 60_000;
/** ASVS 5.0 6.3.1: slows an attacker down to 100 guesses a day, and a forgetful person hardly. */
export const pairLimit: Limit = { waitFrom: 5, maxDelayMs: 15 * minuteMs, forgetAfterMs: 24 * 60 * minuteMs };
/** A whole office may sit behind one address, so it takes more failures, and the wait stays short. */
export const addressLimit: Limit = { waitFrom: 50, maxDelayMs: minuteMs, forgetAfterMs: 30 * minuteMs };

/** What was counted for one attempt; given back when it succeeds. */
export interface AttemptTicket {
  readonly pairKey: Buffer;
  readonly addressKey: Buffer;
}

@Injectable()
export class SignInLimiter {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Counts the attempt as a failure before the password is looked at: a hundred at once get no more guesses than
   * a hundred in a row. @throws TooManyRequests with the time to wait, without having counted.
   */
  async begin(email: string, address: string | null): Promise<AttemptTicket> {
    const from = networkOf(address);
    const ticket = {
      pairKey: keyOf('pair', email.toLowerCase(), from),
      addressKey: keyOf('address', from),
    };
    await this.count(ticket.pairKey, pairLimit);
    await this.count(ticket.addressKey, addressLimit);
    return ticket;
  }

  /** The right password was given: this address may forget its failures with this account, not with others. */
  async succeeded(ticket: AttemptTicket): Promise<void> {
    await query(this.dataSource, `DELETE FROM access.sign_in_attempt WHERE key = $1`, [ticket.pairKey]);
    await query(
      this.dataSource,
      `UPDATE access.sign_in_attempt SET failures = greatest(failures - 1, 0) WHERE key = $1`,
      [ticket.addressKey],
    );
  }

  async forgetOld(): Promise<void> {
    await query(
      this.dataSource,
      `DELETE FROM access.sign_in_attempt WHERE last_at < now() - $1 * interval '1 millisecond'`,
      [pairLimit.forgetAfterMs],
    );
  }

  /** One statement, so that several servers agree: the row's lock puts attempts in a line. */
  private async count(key: Buffer, limit: Limit): Promise<void> {
    const counted = await query<{ failures: number }>(this.dataSource, countSql, [
      key,
      limit.waitFrom,
      limit.maxDelayMs / 1000,
      limit.forgetAfterMs / 1000,
    ]);
    if (counted.length > 0) return;
    const [row] = await query<{ wait_ms: number }>(
      this.dataSource,
      `SELECT ceil(extract(epoch FROM blocked_until - clock_timestamp()) * 1000)::float8 AS wait_ms
       FROM access.sign_in_attempt WHERE key = $1`,
      [key],
    );
    throw new TooManyRequests(Math.max(1000, row?.wait_ms ?? 0));
  }
}

/** Answers no row while blocked. The exponent is capped before the power so that it cannot overflow. */
const countSql = `
  INSERT INTO access.sign_in_attempt AS a (key, failures, last_at, blocked_until)
  VALUES ($1, 1, clock_timestamp(), clock_timestamp())
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN a.last_at < clock_timestamp() - make_interval(secs => $4) THEN 1 ELSE a.failures + 1 END,
    last_at = clock_timestamp(),
    blocked_until = clock_timestamp() + make_interval(secs => CASE
      WHEN a.last_at < clock_timestamp() - make_interval(secs => $4) OR a.failures + 1 < $2 THEN 0
      ELSE least($3::float8, power(2, least(a.failures + 1 - $2, 20))) END)
  WHERE a.blocked_until <= clock_timestamp()
  RETURNING a.failures`;

function keyOf(...parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** An IPv6 customer owns a whole /64, so guesses are counted for it and not for one of its 2^64 addresses. */
function networkOf(address: string | null): string {
  if (address === null) return 'local';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? firstGroups(address) : address;
}

function firstGroups(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
