import { Injectable } from '@nestjs/common';
import {
  partPredicate,
  rulingOf,
  type AccessPolicy,
  type Permission,
  type RecordAction,
  type RecordTypeMeta,
  type RequestContext,
  type SystemFlag,
} from '../../records/index.js';
import { identityOf, permissionsOf } from '../identity/identity.js';

const nothing: ReadonlySet<string> = new Set();
const administratorFlags: readonly SystemFlag[] = [
  'manageUsers',
  'manageCustomFields',
  'manageSettings',
  'manageCloud',
];
/** Nobody but oneself where no teams are known: on a replica, and for a context that this module did not make. */
const ownersInReach = (ctx: RequestContext): readonly string[] =>
  identityOf(ctx)?.ownersInReach ?? (ctx.principal.userId === null ? [] : [ctx.principal.userId]);
const isSystem = (ctx: RequestContext): boolean => ctx.principal.kind === 'system';

/** Answers the record engine from the caller's roles; SQL text only, so that lists and counts filter themselves. */
@Injectable()
export class RoleAccessPolicy implements AccessPolicy {
  can(ctx: RequestContext, type: RecordTypeMeta, action: RecordAction): Permission {
    return isSystem(ctx) ? 'all' : permissionsOf(ctx).level(type, action);
  }

  predicate(
    ctx: RequestContext,
    type: RecordTypeMeta,
    action: RecordAction,
    alias: string,
    params: unknown[],
  ): string {
    const ruling = rulingOf(type, action);
    if (ruling.type !== type)
      return partPredicate(type, ruling.type, alias, (whole) =>
        this.predicate(ctx, ruling.type, ruling.action, whole, params),
      );
    const level = this.can(ctx, type, action);
    if (level === 'all') return 'TRUE';
    if (level === 'none' || ctx.principal.userId === null) return 'FALSE';
    // one's own user record is the one that describes oneself
    const column = type.name === 'user' ? 'id' : 'owner_id';
    if (level === 'own') return `${alias}.${column} = $${String(params.push(ctx.principal.userId))}`;
    return `${alias}.${column} = ANY ($${String(params.push(ownersInReach(ctx)))}::uuid[])`;
  }

  mayCreateFor(ctx: RequestContext, type: RecordTypeMeta, ownerId: string | null): boolean {
    const level = this.can(ctx, type, 'create');
    if (level === 'team') return ownerId !== null && ownersInReach(ctx).includes(ownerId);
    return level === 'all' || (level === 'own' && ownerId === ctx.principal.userId);
  }

  hiddenFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string> {
    return isSystem(ctx) ? nothing : permissionsOf(ctx).hiddenFields(type);
  }

  readOnlyFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string> {
    return isSystem(ctx) ? nothing : permissionsOf(ctx).readOnlyFields(type);
  }

  hasFlag(ctx: RequestContext, flag: SystemFlag): boolean {
    return isSystem(ctx) || permissionsOf(ctx).has(flag);
  }

  isAdministrator(ctx: RequestContext): boolean {
    return administratorFlags.every((flag) => this.hasFlag(ctx, flag));
  }
}
