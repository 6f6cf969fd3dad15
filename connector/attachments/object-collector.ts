import type { Bucket } from '../../src/platform/bucket/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { objectsRemoved } from './attachments.metrics.js';

export interface CollectorRules {
  /** further batches for which a condemned object stays */
  keepBatches: number;
  /** and at least for so long */
  keepMs: number;
}

/** Past this a replica that never acknowledged anything holds nothing up any more. */
const LONGEST_KEEP_MS = 86_400_000;
const AT_ONCE = 500;

/**
 * An object may go when no row of the published state shows it and the server no longer grants its file:
 * at once where a new generation (a narrowed policy) is live without it, or where no batch ever showed it; else when
 * every replica has acknowledged the batch that dropped it or enough batches have followed, and the grace has passed.
 */
const DOOMED = `
  o.state = 'available' AND NOT o.referenced
  AND NOT EXISTS (SELECT 1 FROM replication.file_grant g WHERE g.blob_id = o.blob_id)
  AND (o.condemned_at IS NULL OR EXISTS (
    SELECT 1 FROM replication.generation l WHERE l.state = 'live' AND (
      l.id > o.condemned_generation
      OR (l.id = o.condemned_generation AND l.head >= o.condemned_n AND (
        o.condemned_n = 1
        OR (o.condemned_at < clock_timestamp() - make_interval(secs => $2 / 1000.0) AND (
          l.head >= o.condemned_n + $1
          OR o.condemned_at < clock_timestamp() - make_interval(secs => ${String(LONGEST_KEEP_MS / 1000)})
          OR (EXISTS (SELECT 1 FROM replication.replica_ack a WHERE a.revoked_at IS NULL) AND NOT EXISTS (
            SELECT 1 FROM replication.replica_ack a
            WHERE a.revoked_at IS NULL AND (a.generation, a.n) < (o.condemned_generation, o.condemned_n))))))))))`;
/** Its key is known to a replica that is none any more, or lies in its header: once the batch without it is out it goes, and is sent anew. */
const STALE = `
  o.state = 'stale' AND NOT o.referenced AND (o.condemned_at IS NULL OR EXISTS (
    SELECT 1 FROM replication.generation l
    WHERE l.state = 'live' AND (l.id, l.head) >= (o.condemned_generation, o.condemned_n)))`;
/** Never finished and no longer wanted. */
const ABANDONED = `
  o.state IN ('uploading', 'failed') AND coalesce(o.claimed_until, '-infinity') < clock_timestamp()
  AND NOT EXISTS (SELECT 1 FROM replication.file_grant g WHERE g.blob_id = o.blob_id)`;

/** Removes from the bucket what nothing refers to any more. Safe in several processes at once. */
export class ObjectCollector {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    private readonly rules: CollectorRules,
  ) {}

  async isOwed(): Promise<boolean> {
    const { owed } = await this.db.one<{ owed: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM replication.blob_object o
         WHERE o.state = 'removing' OR (${STALE}) OR (${DOOMED}) OR (${ABANDONED})) AS owed`,
      [this.rules.keepBatches, this.rules.keepMs],
    );
    return owed;
  }

  /** @returns how many objects went */
  async collect(signal: AbortSignal): Promise<number> {
    await this.abandon(signal);
    await this.dropStale(signal);
    // From here on no batch can refer to them again, see AttachmentReferences.
    await this.db.query(
      `UPDATE replication.blob_object o SET state = 'removing', updated_at = clock_timestamp() WHERE ${DOOMED}`,
      [this.rules.keepBatches, this.rules.keepMs],
    );
    let removed = 0;
    for (;;) {
      signal.throwIfAborted();
      const doomed = await this.db.query<{ blob_id: string; object_name: string }>(
        `SELECT blob_id, object_name FROM replication.blob_object WHERE state = 'removing' LIMIT ${String(AT_ONCE)}`,
      );
      if (doomed.length === 0) break;
      await this.bucket.remove(doomed.map((row) => row.object_name));
      await this.db.query(
        `DELETE FROM replication.blob_object WHERE state = 'removing' AND blob_id = ANY ($1::uuid[])`,
        [doomed.map((row) => row.blob_id)],
      );
      removed += doomed.length;
    }
    objectsRemoved.inc({ reason: 'unreferenced' }, removed);
    return removed;
  }

  /** Removed first and forgotten then: a crash between the two removes it once more. */
  private async dropStale(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const stale = await this.db.query<{ blob_id: string; object_name: string }>(
        `SELECT o.blob_id, o.object_name FROM replication.blob_object o WHERE ${STALE} LIMIT ${String(AT_ONCE)}`,
      );
      if (stale.length === 0) return;
      await this.bucket.remove(stale.map((row) => row.object_name));
      await this.db.query(
        `UPDATE replication.blob_object SET state = 'failed', error_code = 'sealed-anew', attempts = 0,
           error = 'The file is sent again, sealed under a new key.', retry_at = NULL, object_name = NULL,
           object_bytes = NULL, object_sha256 = NULL, sealed_data_key = NULL, sealed_to = NULL, sent_bytes = 0,
           condemned_generation = NULL, condemned_n = NULL, condemned_at = NULL, updated_at = clock_timestamp()
         WHERE state = 'stale' AND blob_id = ANY ($1::uuid[])`,
        [stale.map((row) => row.blob_id)],
      );
      objectsRemoved.inc({ reason: 'stale' }, stale.length);
    }
  }

  /** The claim is taken first, so that no upload of it is under way while its traces are removed. */
  private async abandon(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const [row] = await this.db.query<{
        blob_id: string;
        epoch: string;
        object_name: string | null;
        upload_id: string | null;
      }>(
        `UPDATE replication.blob_object SET epoch = epoch + 1, claimed_until = clock_timestamp() + interval '60 s'
         WHERE blob_id = (SELECT o.blob_id FROM replication.blob_object o WHERE ${ABANDONED} LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING blob_id, epoch, object_name, upload_id`,
      );
      if (row === undefined) return;
      const { blob_id: blobId, epoch, object_name: name, upload_id: uploadId } = row;
      if (name !== null && uploadId !== null) await this.bucket.abortMultipart(name, uploadId);
      if (name !== null) await this.bucket.remove([name]);
      await this.db.query('DELETE FROM replication.blob_object WHERE blob_id = $1 AND epoch = $2', [
        blobId,
        epoch,
      ]);
      objectsRemoved.inc({ reason: 'withdrawn' });
    }
  }
}
