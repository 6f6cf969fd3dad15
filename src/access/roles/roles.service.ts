// Makes, changes and deletes roles. Each call is one transaction with its audit row.
import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import { Conflict, InvalidInput, NotAllowed, NotFound } from '../../platform/errors/index.js';
import { recordTypes, type RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { RoleInUse, RoleIsFixed } from '../access.errors.js';
import { permissionsOf } from '../identity/identity.js';
import { PermissionSet } from './permission-set.js';
import type { RoleDefinition } from './role.js';
import { roleProblems } from './role-check.js';
import { RoleStore, type StoredRole } from './role.store.js';

/** Whoever narrowed it could leave a server that nobody can administer any more. */
const fixedKey = 'administrator';
const lockRoles = 'LOCK TABLE access.role, access.user_role IN SHARE ROW EXCLUSIVE MODE';

@Injectable()
export class Roles {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: RoleStore,
    private readonly audit: AccessAudit,
  ) {}

  /** @throws InvalidInput, Conflict (`role_key_taken`), NotAllowed (more than one has oneself) */
  async create(ctx: RequestContext, role: RoleDefinition): Promise<StoredRole> {
    check(ctx, role);
    return withTransaction(this.dataSource, async (tx) => {
      await query(tx, lockRoles);
      if ((await this.store.list(tx)).some(({ key }) => key === role.key))
        throw new Conflict('role_key_taken', { detail: 'A role with this key exists.' });
      const stored = { id: uuidv7(), builtIn: false, ...role };
      await this.store.save(tx, stored);
      await this.audit.append(tx, ctx, 'role-created', 'role', stored.id, { after: { ...role } });
      return stored;
    });
  }

  /** Holds for everybody who has the role, from their next request on. @throws what `create` throws, NotFound, RoleIsFixed */
  async replace(ctx: RequestContext, role: RoleDefinition): Promise<StoredRole> {
    return withTransaction(this.dataSource, async (tx) => {
      const { id, builtIn, ...before } = await this.find(ctx, tx, role.key);
      check(ctx, role);
      const stored = { id, builtIn, ...role };
      await this.store.save(tx, stored);
      await this.audit.append(tx, ctx, 'role-changed', 'role', id, { before, after: { ...role } });
      return stored;
    });
  }

  /** @throws NotFound, RoleIsFixed, RoleInUse */
  async remove(ctx: RequestContext, key: string): Promise<void> {
    await withTransaction(this.dataSource, async (tx) => {
      const { id, builtIn, ...before } = await this.find(ctx, tx, key);
      // the start of the server would only bring it back
      if (builtIn) throw new RoleIsFixed();
      if (await this.store.isHeld(tx, id, key)) throw new RoleInUse();
      await this.store.remove(tx, id);
      await this.audit.append(tx, ctx, 'role-deleted', 'role', id, { before });
    });
  }

  private async find(ctx: RequestContext, tx: QueryRunner, key: string): Promise<StoredRole> {
    await query(tx, lockRoles);
    const role = (await this.store.list(tx)).find((each) => each.key === key);
    if (!role) throw new NotFound();
    if (key === fixedKey) throw new RoleIsFixed();
    refuseBeyondOwn(ctx, role);
    return role;
  }
}

function check(ctx: RequestContext, role: RoleDefinition): void {
  const problems = roleProblems(role, recordTypes());
  if (problems.length > 0) throw new InvalidInput(problems);
  refuseBeyondOwn(ctx, role);
}

function refuseBeyondOwn(ctx: RequestContext, role: RoleDefinition): void {
  if (ctx.principal.kind === 'system') return;
  if (!permissionsOf(ctx).covers(new PermissionSet([role]), recordTypes()))
    throw new NotAllowed({ detail: 'You cannot give or take rights that you do not have yourself.' });
}
