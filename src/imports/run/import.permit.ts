import { Inject, Injectable } from '@nestjs/common';
import { IdentityStore, permissionsOf } from '../../access/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { ACCESS_POLICY, findRecordType, type AccessPolicy } from '../../records/index.js';
import { FileStructureError } from '../csv/structure.errors.js';
import type { ImportRow } from './import.row.js';

/** What an import may do: what whoever began it may do at this moment, not what he might do then. */
@Injectable()
export class ImportPermit {
  constructor(
    private readonly identities: IdentityStore,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /**
   * Asked again before each chunk: whoever lost his rights meanwhile imports nothing more.
   * @throws FileStructureError that says what is missing
   */
  async contextOf(row: ImportRow, requestId: string): Promise<RequestContext> {
    const { userId, tokenId } = row.principal;
    // a token may do less than its owner, and so may what was begun with it
    const identity =
      tokenId === undefined
        ? userId && (await this.identities.byUserId(userId))
        : await this.identities.byTokenId(tokenId);
    if (!identity) throw stopped('who began this import may no longer sign in, or the API token has ended');
    const ctx: RequestContext = { requestId, principal: identity.principal, ip: null, origin: 'import' };
    const type = findRecordType(row.type);
    if (!permissionsOf(ctx).has('import') || !type || this.policy.can(ctx, type, 'create') === 'none')
      throw stopped(`who began this import may no longer import records of the type ${row.type}`);
    return ctx;
  }
}

function stopped(message: string): FileStructureError {
  return new FileStructureError([
    { line: 1, message: `${message}; the rows that were not yet in are left out` },
  ]);
}
