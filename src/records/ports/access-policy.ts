import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';

export type RecordAction = 'create' | 'read' | 'update' | 'delete';
export type Permission = 'none' | 'own' | 'team' | 'all';
/** What somebody may do beside records. */
export type SystemFlag = 'manageUsers' | 'manageCustomFields' | 'manageSettings' | 'manageCloud' | 'import';

/**
 * What the engine asks before it touches a record. Implemented by `access`.
 * A principal of kind `system` may do everything.
 */
export interface AccessPolicy {
  /** whether the action is open at all, and how far it reaches */
  can(ctx: RequestContext, type: RecordTypeMeta, action: RecordAction): Permission;
  /** whether a record made by this principal may belong to `ownerId` */
  mayCreateFor(ctx: RequestContext, type: RecordTypeMeta, ownerId: string | null): boolean;
  /**
   * SQL boolean expression over the row `alias` (`TRUE`, `FALSE`, `alias.owner_id = $3`).
   * Values are pushed onto `params` and named by their place in it; the text must hold no value.
   */
  predicate(
    ctx: RequestContext,
    type: RecordTypeMeta,
    action: RecordAction,
    alias: string,
    params: unknown[],
  ): string;
  /** field names, custom ones as `custom.<key>`, that this principal may not know of */
  hiddenFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string>;
  /** field names, custom ones as `custom.<key>`, that this principal may see but not write */
  readOnlyFields(ctx: RequestContext, type: RecordTypeMeta): ReadonlySet<string>;
  /** may do this one thing beside records */
  hasFlag(ctx: RequestContext, flag: SystemFlag): boolean;
  /** may do everything that shapes the system: users, custom fields, settings and the cloud */
  isAdministrator(ctx: RequestContext): boolean;
}

/** Nest token of the one AccessPolicy. */
export const ACCESS_POLICY = Symbol('ACCESS_POLICY');

/** Nest token: `true` on a replica, where every write is answered 405. */
export const READ_ONLY = Symbol('READ_ONLY');
