import type { Bucket } from '../../src/platform/bucket/index.js';
import {
  auditCheckpointKey,
  auditCheckpointPrefix,
  parseAuditCheckpointKey,
} from '../../src/replication/format/index.js';
import { errorCodeOf, safeError, type Logger } from '../../src/platform/logging/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import { laneErrors } from './publish.metrics.js';

/** Per look, so that a long absence does not hold up the lane. */
const MOST_AT_ONCE = 200;
/** So far back the newest one in the bucket is looked for first; beyond it everything is listed. */
const LOOK_BACK = 900;

/**
 * Carries the audit's signed checkpoints to where whoever rewrites the database cannot reach them. The bucket itself
 * says which it has, so a new bucket gets all of them.
 */
export class AuditCheckpoints {
  private newest: number | null = null;
  private failing: string | null = null;

  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    private readonly log: Logger,
  ) {}

  /** Never fails: what keeps checkpoints at home must not keep the rows there too. It is counted, and told when it begins. */
  async carry(): Promise<void> {
    try {
      await this.carryOwed();
      this.failing = null;
    } catch (error) {
      const code = error instanceof ConnectorError ? error.code : errorCodeOf(error);
      laneErrors.inc({ code });
      if (this.failing !== code) this.log.error({ event: 'audit.not-carried', code, err: safeError(error) });
      this.failing = code;
    }
  }

  private async carryOwed(): Promise<void> {
    this.newest ??= await this.newestInBucket();
    await this.assertReaches(this.newest);
    const owed = await this.db.query<{ size: string; note: string }>(
      'SELECT size, note FROM replication.audit_checkpoint WHERE size > $1 ORDER BY size LIMIT $2',
      [this.newest, MOST_AT_ONCE],
    );
    for (const { size, note } of owed) {
      await this.bucket.put(auditCheckpointKey(Number(size)), Buffer.from(note), { ifNoneMatch: true });
      this.newest = Number(size);
    }
  }

  /** A database that was set back goes on with another history, which must not look like the continuation of the first. */
  private async assertReaches(size: number): Promise<void> {
    const { reaches } = await this.db.one<{ reaches: boolean }>(
      'SELECT $1 = 0 OR EXISTS (SELECT 1 FROM replication.audit_checkpoint WHERE size = $1) AS reaches',
      [size],
    );
    if (!reaches)
      throw new ConnectorError(
        'audit-set-back',
        `The bucket has a checkpoint of the audit with ${String(size)} entries that this database never made. Run holdfast audit verify.`,
      );
  }

  private async newestInBucket(): Promise<number> {
    const [back] = await this.db.query<{ size: string }>(
      'SELECT size FROM replication.audit_checkpoint ORDER BY size DESC OFFSET $1 LIMIT 1',
      [LOOK_BACK],
    );
    if (back !== undefined) {
      const recent = await this.last({ startAfter: auditCheckpointKey(Number(back.size)) });
      if (recent > 0) return recent;
    }
    return this.last({});
  }

  private async last(options: { startAfter?: string }): Promise<number> {
    let newest = 0;
    for await (const { key } of this.bucket.list(auditCheckpointPrefix, options))
      newest = parseAuditCheckpointKey(key) ?? newest;
    return newest;
  }
}
