import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/index.js';
import type { SqlRunner } from '../platform/database/index.js';
import type { RequestContext } from '../platform/http/index.js';
import type { EndState, ImportCounts, ImportRow } from './run/import.row.js';

/** Says in the audit that an import began and how it ended; each record it wrote has an entry of its own. */
@Injectable()
export class ImportsAudit {
  constructor(private readonly trail: AuditTrail) {}

  async begun(tx: SqlRunner, ctx: RequestContext, row: ImportRow): Promise<void> {
    const { type, fileName, isAllOrNothing } = row;
    await this.append(tx, ctx, row, 'import-begun', { type, fileName, isAllOrNothing });
  }

  async ended(
    tx: SqlRunner,
    requestId: string,
    row: ImportRow,
    state: EndState,
    { created, updated, unchanged, skipped, failed }: ImportCounts,
  ): Promise<void> {
    const ctx: RequestContext = { requestId, principal: row.principal, ip: null, origin: 'import' };
    const after = { state, created, updated, unchanged, skipped, failed };
    await this.append(tx, ctx, row, 'import-ended', after);
  }

  /** A dry run leaves no trace at all. */
  private async append(
    tx: SqlRunner,
    ctx: RequestContext,
    row: ImportRow,
    action: string,
    after: Record<string, unknown>,
  ): Promise<void> {
    if (row.isDryRun) return;
    const entry = { action, type: 'import', recordId: row.id, fieldNames: Object.keys(after) };
    await this.trail.append(tx, ctx, [{ ...entry, before: null, after }]);
  }
}
