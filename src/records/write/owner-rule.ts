import type { FieldProblem } from '../../platform/errors/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { AccessPolicy } from '../ports/access-policy.js';
import type { RecordData } from '../ports/record-behaviour.js';

/** Nothing, or why a new record may not belong to whom it shall belong to. A part has the owner of its whole. */
export function ownerProblems(
  policy: AccessPolicy,
  ctx: RequestContext,
  type: RecordTypeMeta,
  record: Readonly<RecordData>,
): FieldProblem[] {
  const owner = record['ownerId'];
  if (type.partOf || policy.mayCreateFor(ctx, type, typeof owner === 'string' ? owner : null)) return [];
  const message =
    policy.can(ctx, type, 'create') === 'team'
      ? 'must be yourself or somebody of your teams: you may create records for them only'
      : 'must be yourself: you may create records of your own only';
  return [{ path: 'ownerId', message }];
}
