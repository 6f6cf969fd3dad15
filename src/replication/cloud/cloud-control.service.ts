import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../../audit/index.js';
import { query, withTransaction } from '../../platform/database/index.js';
import { NotAllowed } from '../../platform/errors/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';

/** Holds the connector and lets it go on. It reads what is asked of it before each batch and each part of a file. */
@Injectable()
export class CloudControlService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditTrail,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  /**
   * Nothing more goes into the bucket. What is there stays, changes wait, and what a narrower policy takes out still
   * leaves. Asking for what is so already changes nothing.
   * @throws NotAllowed
   */
  async setPaused(ctx: RequestContext, isPaused: boolean, reason?: string): Promise<void> {
    if (!this.access.hasFlag(ctx, 'manageCloud'))
      throw new NotAllowed({ detail: 'Your roles do not let you pause or resume the connector.' });
    await withTransaction(this.dataSource, async (tx) => {
      const changed = await query(
        tx,
        'UPDATE replication.connector_control SET paused = $1 WHERE paused <> $1 RETURNING 1',
        [isPaused],
      );
      if (changed.length === 0) return;
      const action = isPaused ? 'pause' : 'resume';
      const entry = { action, type: 'connector', recordId: null, fieldNames: [], before: null, after: null };
      await this.audit.append(tx, reason === undefined ? ctx : { ...ctx, reason }, [entry]);
    });
  }

  /**
   * Database and bucket have parted, after a restore for instance, and this database is the one that counts: for an hour
   * the connector may begin a new generation from it.
   * @throws NotAllowed
   */
  async allowNewHistory(ctx: RequestContext, reason: string): Promise<void> {
    if (!this.access.hasFlag(ctx, 'manageCloud'))
      throw new NotAllowed({ detail: 'Your roles do not let you allow a new history.' });
    await withTransaction(this.dataSource, async (tx) => {
      await query(
        tx,
        `UPDATE replication.connector_control SET fork_allowed_until = clock_timestamp() + interval '1 hour'`,
      );
      // a machine that was set back looks the same from within: the ledger of erasures is held against it once more
      await query(
        tx,
        'UPDATE replication.erasure_gate SET system_identifier = NULL, timeline = NULL WHERE checked_at IS NOT NULL',
      );
      const entry = { action: 'allow-new-history', type: 'connector', recordId: null, fieldNames: [] };
      await this.audit.append(tx, { ...ctx, reason }, [{ ...entry, before: null, after: null }]);
    });
  }
}
