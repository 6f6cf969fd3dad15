import { randomUUID } from 'node:crypto';
import type { ConnectorDatabase } from '../connector-database.js';
import { ClaimLost } from './attachments.errors.js';

/** Leave to open one file, given by the server. */
export interface FileGrant {
  blobId: string;
  storeName: string;
  /** plain length */
  bytes: number;
  /** of the plain content */
  sha256: Buffer;
  /** base64 of an age file for this connector */
  wrappedKey: string;
}

export interface KeptPlan {
  objectName: string;
  header: Buffer;
  /**
   * by the connector's `KeySeal`; null where the plan is of a time when the header had the key: such an upload is not
   * gone on with
   */
  sealedDataKey: Buffer | null;
}

/** The right to upload one file, and what an earlier attempt has left. */
export interface BlobClaim {
  blobId: string;
  epoch: number;
  /** failures in a row */
  attempts: number;
  /** chosen before anything was sent; null on the first attempt */
  plan: KeptPlan | null;
  uploadId: string | null;
}

interface ClaimRow {
  epoch: string;
  attempts: number;
  object_name: string | null;
  header: Buffer | null;
  sealed_data_key: Buffer | null;
  upload_id: string | null;
}

const CLAIM_MS = 60_000;
const until = (parameter: string): string =>
  `clock_timestamp() + make_interval(secs => ${parameter} / 1000.0)`;
/** One that was lost from the bucket is still referred to: the batch that says so comes before the new upload. */
const CLAIM = `
  INSERT INTO replication.blob_object AS o (blob_id, state, holder, epoch, claimed_until)
  SELECT g.blob_id, 'uploading', $2, 1, ${until('$3::int')} FROM replication.file_grant g WHERE g.blob_id = $1
  ON CONFLICT (blob_id) DO UPDATE
    SET state = 'uploading', holder = excluded.holder, epoch = o.epoch + 1, claimed_until = excluded.claimed_until
    WHERE o.state IN ('uploading', 'failed') AND NOT o.referenced
      AND coalesce(o.claimed_until, '-infinity') < clock_timestamp()
      AND coalesce(o.retry_at, '-infinity') <= clock_timestamp()
  RETURNING epoch, attempts, object_name, header, sealed_data_key, upload_id`;
const OWED = `
  SELECT g.blob_id, coalesce(o.epoch, 0) AS epoch FROM replication.file_grant g
  LEFT JOIN replication.blob_object o ON o.blob_id = g.blob_id
  WHERE o.blob_id IS NULL OR (o.state IN ('uploading', 'failed') AND NOT o.referenced
    AND coalesce(o.claimed_until, '-infinity') < clock_timestamp()
    AND coalesce(o.retry_at, '-infinity') <= clock_timestamp())
  ORDER BY coalesce(o.attempts, 0), g.created_at LIMIT $1`;

/** Rows of `replication.blob_object` on their way in. Every change but the claim holds only for who has the claim. */
export class BlobObjectStore {
  private readonly holder = randomUUID();

  constructor(private readonly db: ConnectorDatabase) {}

  /** Granted files that nobody is bringing into the bucket and that are due. */
  async owed(limit: number): Promise<{ blobId: string; epoch: number }[]> {
    const rows = await this.db.query<{ blob_id: string; epoch: string }>(OWED, [limit]);
    return rows.map((row) => ({ blobId: row.blob_id, epoch: Number(row.epoch) }));
  }

  async grant(blobId: string): Promise<FileGrant | null> {
    const [row] = await this.db.query<{
      store_name: string;
      bytes: string;
      sha256: Buffer;
      wrapped_key: string;
    }>('SELECT store_name, bytes, sha256, wrapped_key FROM replication.file_grant WHERE blob_id = $1', [
      blobId,
    ]);
    if (row === undefined) return null;
    const { store_name: storeName, sha256, wrapped_key: wrappedKey } = row;
    return { blobId, storeName, bytes: Number(row.bytes), sha256, wrappedKey };
  }

  /** null: not granted, done, not due yet, or another's */
  async claim(blobId: string): Promise<BlobClaim | null> {
    const [row] = await this.db.query<ClaimRow>(CLAIM, [blobId, this.holder, CLAIM_MS]);
    if (row === undefined) return null;
    const { object_name: objectName, header, sealed_data_key: sealedDataKey } = row;
    const isPlanned = objectName !== null && header !== null;
    return {
      ...{ blobId, epoch: Number(row.epoch), attempts: row.attempts, uploadId: row.upload_id },
      plan: isPlanned ? { objectName, header, sealedDataKey } : null,
    };
  }

  /** @throws ClaimLost also where the grant has gone */
  async extend(claim: BlobClaim, sentBytes: number): Promise<void> {
    await this.change(
      claim,
      `claimed_until = ${until(String(CLAIM_MS))}, sent_bytes = $3`,
      [sentBytes],
      'AND EXISTS (SELECT 1 FROM replication.file_grant g WHERE g.blob_id = o.blob_id)',
    );
  }

  /** Before the first byte is sent, so that whatever a crash leaves in the bucket can be named. */
  async keepPlan(claim: BlobClaim, plan: KeptPlan): Promise<void> {
    const { objectName, header, sealedDataKey } = plan;
    await this.change(
      claim,
      `object_name = $3, header = $4, sealed_data_key = $5, sealed_to = NULL, upload_id = NULL, sent_bytes = 0`,
      [objectName, header, sealedDataKey],
    );
  }

  async keepUpload(claim: BlobClaim, uploadId: string): Promise<void> {
    await this.change(claim, 'upload_id = $3', [uploadId]);
  }

  /** Its data key stays, sealed: each generation publishes it anew. */
  async markAvailable(claim: BlobClaim, object: { bytes: number; sha256: string }): Promise<void> {
    await this.change(
      claim,
      `state = 'available', object_bytes = $3, object_sha256 = $4, sent_bytes = $3, upload_id = NULL, header = NULL,
       claimed_until = NULL, attempts = 0, retry_at = NULL, error_code = NULL, error = NULL,
       condemned_generation = NULL, condemned_n = NULL, condemned_at = NULL`,
      [object.bytes, object.sha256],
      'AND EXISTS (SELECT 1 FROM replication.file_grant g WHERE g.blob_id = o.blob_id)',
    );
  }

  /** @param keepsPlan false: the next attempt begins anew, under a fresh key and name */
  async markFailed(
    claim: BlobClaim,
    failure: { code: string; message: string },
    retryInMs: number,
    keepsPlan: boolean,
  ): Promise<void> {
    const plan = keepsPlan
      ? ''
      : `, object_name = NULL, header = NULL, sealed_data_key = NULL, sealed_to = NULL, upload_id = NULL,
         sent_bytes = 0`;
    await this.change(
      claim,
      `state = 'failed', claimed_until = NULL, attempts = attempts + 1, error_code = $3, error = $4,
       retry_at = ${until('$5::int')}${plan}`,
      [failure.code, failure.message, Math.round(retryInMs)],
    );
  }

  /** What has been begun under this claim or an earlier one. */
  async uploadOf(claim: BlobClaim): Promise<{ objectName: string; uploadId: string | null } | null> {
    const [row] = await this.db.query<{ object_name: string | null; upload_id: string | null }>(
      `SELECT object_name, upload_id FROM replication.blob_object
       WHERE blob_id = $1 AND epoch = $2 AND state = 'uploading'`,
      [claim.blobId, claim.epoch],
    );
    if (row === undefined || row.object_name === null) return null;
    return { objectName: row.object_name, uploadId: row.upload_id };
  }

  /** Lets go of the claim: whoever comes next goes on where this one stopped. */
  async release(claim: BlobClaim): Promise<void> {
    await this.change(claim, 'claimed_until = NULL', []);
  }

  private async change(claim: BlobClaim, set: string, values: unknown[], and = ''): Promise<void> {
    const changed = await this.db.query(
      `UPDATE replication.blob_object o SET ${set}, updated_at = clock_timestamp()
       WHERE o.blob_id = $1 AND o.epoch = $2 AND o.state = 'uploading' ${and} RETURNING o.blob_id`,
      [claim.blobId, claim.epoch, ...values],
    );
    if (changed.length === 0) throw new ClaimLost();
  }
}
