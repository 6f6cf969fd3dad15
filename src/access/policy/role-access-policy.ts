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
import { permissionsOf } from '../identity/identity.js';

const nothing: ReadonlySet<string> = new Set();
const administratorFlags: readonly SystemFlag[] = [
  'manageUsers',
  'manageCustomFields',
  'manageSettings',
  'manageCloud',
];
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
    params.push(ctx.principal.userId);
    // one's own user record is the one that describes oneself
    const column = type.name === 'user' ? 'id' : 'owner_id';
    return `${alias}.${column} = $${String(params.length)}`;
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
