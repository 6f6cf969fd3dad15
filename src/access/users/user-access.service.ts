// What an administrator, the command line and the first start do to people: make them, give them roles and
// passwords. Each call is one transaction with its audit row.
import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import { Conflict, InvalidInput, NotAllowed, NotFound } from '../../platform/errors/index.js';
import { recordTypes, type RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { LastAdministrator } from '../access.errors.js';
import { permissionsOf } from '../identity/identity.js';
import { PasswordHasher } from '../password/password-hasher.js';
import { checkNewPassword } from '../password/password-rules.js';
import { PermissionSet } from '../roles/permission-set.js';
import { RoleStore, type StoredRole } from '../roles/role.store.js';
import { SessionStore } from '../sessions/session.store.js';

export interface UserSummary {
  id: string;
  email: string;
  name: string;
}

const administratorKey = 'administrator';
const maxNameLength = 120;
const lockRoles = 'LOCK TABLE access.user_role IN SHARE ROW EXCLUSIVE MODE';
const emailPattern = /^[^\s@]{1,64}@[^\s@]{1,189}$/;

@Injectable()
export class UserAccess {
  constructor(
    private readonly dataSource: DataSource,
    private readonly roles: RoleStore,
    private readonly sessions: SessionStore,
    private readonly hasher: PasswordHasher,
    private readonly audit: AccessAudit,
  ) {}

  /** Makes sure that the built-in roles exist, then makes an active user with the role administrator. */
  async createAdministrator(
    ctx: RequestContext,
    email: string,
    name: string,
    password: string,
  ): Promise<UserSummary> {
    return this.createUser(ctx, { email, name, password, roles: [administratorKey] });
  }

  /** @throws Conflict when the e-mail address is taken, InvalidInput for a bad address or password */
  async createUser(
    ctx: RequestContext,
    input: { email: string; name: string; password: string; roles: readonly string[]; mustChange?: boolean },
  ): Promise<UserSummary> {
    const user = { id: uuidv7(), email: input.email.trim(), name: input.name.trim() };
    checkPerson(user);
    checkNewPassword(input.password, user, 'password');
    const hash = await this.hasher.hash(input.password);
    return withTransaction(this.dataSource, async (tx) => {
      await this.roles.ensureBuiltIn(tx);
      await insertUser(tx, ctx, user);
      await storePassword(tx, user.id, hash, input.mustChange ?? false);
      await this.audit.append(tx, ctx, 'user-created', 'user', user.id, { after: { name: user.name } });
      await this.replaceRoles(tx, ctx, user.id, input.roles);
      return user;
    });
  }

  /** Adds one role to those the person has. */
  async assignRole(ctx: RequestContext, userId: string, key: string): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      await this.roles.ensureBuiltIn(tx);
      const held = (await this.roles.ofUser(tx, userId)).map((role) => role.key);
      await this.replaceRoles(tx, ctx, userId, [...new Set([...held, key])]);
    });
  }

  async rolesOf(userId: string): Promise<string[]> {
    await this.findUser(this.dataSource, userId);
    return (await this.roles.ofUser(this.dataSource, userId)).map((role) => role.key);
  }

  /** @throws NotFound, InvalidInput (unknown role), NotAllowed (more than one has oneself), LastAdministrator */
  async setRoles(ctx: RequestContext, userId: string, keys: readonly string[]): Promise<string[]> {
    return withTransaction(this.dataSource, (tx) => this.replaceRoles(tx, ctx, userId, keys));
  }

  /** For somebody else: all their sessions end. The person must choose their own afterwards if `mustChange`. */
  async setPassword(ctx: RequestContext, userId: string, password: string, mustChange = true): Promise<void> {
    const user = await this.findUser(this.dataSource, userId);
    await this.refuseMightierThan(ctx, this.dataSource, userId);
    checkNewPassword(password, user, 'password');
    const hash = await this.hasher.hash(password);
    await withTransaction(this.dataSource, async (tx) => {
      await storePassword(tx, userId, hash, mustChange);
      await this.sessions.endAllOf(tx, userId, null);
      await this.audit.append(tx, ctx, 'password-set', 'user', userId);
    });
  }

  async findUser(runner: Parameters<typeof query>[0], userId: string): Promise<UserSummary> {
    const [user] = await query<UserSummary>(
      runner,
      `SELECT id, email, name FROM crm."user" WHERE id = $1 AND deleted_at IS NULL`,
      [userId],
    );
    if (!user) throw new NotFound();
    return user;
  }

  /** Nobody takes over a person who may do more than they: not by a password and not by a token. */
  async refuseMightierThan(
    ctx: RequestContext,
    runner: Parameters<typeof query>[0],
    userId: string,
  ): Promise<void> {
    this.refuseBeyondOwn(ctx, await this.roles.ofUser(runner, userId));
  }

  /** @throws LastAdministrator */
  async refuseSwitchingOffLastAdministrator(tx: QueryRunner, userId: string): Promise<void> {
    await query(tx, lockRoles);
    const held = await this.roles.ofUser(tx, userId);
    if (held.some((role) => role.key === administratorKey)) await refuseWithoutAdministrator(tx, userId);
  }

  private async replaceRoles(
    tx: QueryRunner,
    ctx: RequestContext,
    userId: string,
    keys: readonly string[],
  ): Promise<string[]> {
    await this.findUser(tx, userId);
    // One change of roles at a time, so that two administrators cannot take the role from each other at once.
    await query(tx, lockRoles);
    const before = await this.roles.ofUser(tx, userId);
    const after = pickRoles(await this.roles.list(tx), keys);
    this.refuseBeyondOwn(ctx, changed(before, after));
    await query(tx, `DELETE FROM access.user_role WHERE user_id = $1 AND role_id <> ALL ($2::uuid[])`, [
      userId,
      after.map((role) => role.id),
    ]);
    await query(
      tx,
      `INSERT INTO access.user_role (user_id, role_id, created_by) SELECT $1, r, $3 FROM unnest($2::uuid[]) r
       ON CONFLICT DO NOTHING`,
      [userId, after.map((role) => role.id), ctx.principal.userId],
    );
    if (losesAdministrator(before, after)) await refuseWithoutAdministrator(tx);
    const names = (roles: StoredRole[]): string[] => roles.map((role) => role.key);
    await this.audit.append(tx, ctx, 'roles-assigned', 'user', userId, {
      before: { roles: names(before) },
      after: { roles: names(after) },
    });
    return names(after);
  }

  private refuseBeyondOwn(ctx: RequestContext, roles: readonly StoredRole[]): void {
    if (ctx.principal.kind === 'system') return;
    if (!permissionsOf(ctx).covers(new PermissionSet(roles), recordTypes()))
      throw new NotAllowed({ detail: 'You cannot give or take rights that you do not have yourself.' });
  }
}

function checkPerson(user: UserSummary): void {
  if (!emailPattern.test(user.email))
    throw new InvalidInput([{ path: 'email', message: 'must be an e-mail address' }]);
  if (user.name === '' || user.name.length > maxNameLength)
    throw new InvalidInput([{ path: 'name', message: `must have 1 to ${String(maxNameLength)} characters` }]);
}

async function insertUser(tx: QueryRunner, ctx: RequestContext, user: UserSummary): Promise<void> {
  const [taken] = await query(
    tx,
    `SELECT 1 FROM crm."user" WHERE lower(email) = lower($1) AND deleted_at IS NULL`,
    [user.email],
  );
  if (taken) throw new Conflict('email_taken', { detail: 'A user with this e-mail address exists.' });
  await query(
    tx,
    `INSERT INTO crm."user" (id, created_at, created_by, updated_at, updated_by, version, custom, name, email,
       active, locale, time_zone)
     VALUES ($1, now(), $2, now(), $2, 1, '{}', $3, $4, true, 'en', 'UTC')`,
    [user.id, ctx.principal.userId, user.name, user.email],
  );
}

async function storePassword(
  tx: QueryRunner,
  userId: string,
  hash: string,
  mustChange: boolean,
): Promise<void> {
  await query(
    tx,
    `INSERT INTO access.credential (user_id, password_hash, must_change) VALUES ($1, $2, $3)
     ON CONFLICT (user_id) DO UPDATE
       SET password_hash = excluded.password_hash, changed_at = now(), must_change = excluded.must_change`,
    [userId, hash, mustChange],
  );
}

function pickRoles(known: readonly StoredRole[], keys: readonly string[]): StoredRole[] {
  const problems = keys.flatMap((key, index) =>
    known.some((role) => role.key === key)
      ? []
      : [{ path: `roles[${String(index)}]`, message: 'is no role' }],
  );
  if (problems.length > 0) throw new InvalidInput(problems);
  return known.filter((role) => keys.includes(role.key));
}

function changed(before: readonly StoredRole[], after: readonly StoredRole[]): StoredRole[] {
  const isIn = (roles: readonly StoredRole[], id: string): boolean => roles.some((role) => role.id === id);
  return [...before.filter((r) => !isIn(after, r.id)), ...after.filter((r) => !isIn(before, r.id))];
}

const losesAdministrator = (before: readonly StoredRole[], after: readonly StoredRole[]): boolean =>
  before.some((role) => role.key === administratorKey) &&
  !after.some((role) => role.key === administratorKey);

async function refuseWithoutAdministrator(tx: QueryRunner, besides: string | null = null): Promise<void> {
  const [remaining] = await query(
    tx,
    `SELECT 1 FROM access.user_role ur JOIN access.role r ON r.id = ur.role_id
     JOIN crm."user" u ON u.id = ur.user_id
     WHERE r.key = $1 AND u.active AND u.deleted_at IS NULL AND u.id IS DISTINCT FROM $2::uuid LIMIT 1`,
    [administratorKey, besides],
  );
  if (!remaining) throw new LastAdministrator();
}
