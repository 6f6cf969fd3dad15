import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { FileDamaged, FileKeyRefused, type LocalFileStore } from '../../platform/file-store/index.js';
import { safeError } from '../../platform/logging/index.js';
import { FILE_STORE } from '../files.options.js';
import { FILE_KEY_WRAPPER, type FileKeyWrapper } from './file-key-wrapper.port.js';

interface Ungranted {
  id: string;
  store_name: string;
  bytes: string;
  sha256: Buffer;
  wrapped_key: Buffer;
  key_id: string;
}

const batchSize = 200;

export interface GrantChanges {
  readonly granted: number;
  readonly revoked: number;
}

/**
 * Keeps one promise: the connector can open a file if and only if the policy in force selects it. A grant is that
 * file's data key, wrapped for the connector; it holds neither the file's name nor its record.
 */
@Injectable()
export class FileGrants {
  private readonly logger = new Logger(FileGrants.name);

  constructor(
    private readonly dataSource: DataSource,
    @Inject(FILE_STORE) private readonly store: LocalFileStore,
    @Inject(FILE_KEY_WRAPPER) private readonly wrapper: FileKeyWrapper,
  ) {}

  /** @param blobIds of these files only; null: of all there are */
  async reconcile(blobIds: readonly string[] | null, signal?: AbortSignal): Promise<GrantChanges> {
    const revoked = await this.revoke(blobIds);
    const recipient = await this.wrapper.recipient();
    let granted = 0;
    let after: string | null = null;
    while (recipient !== null && signal?.aborted !== true) {
      const found: Ungranted[] = await this.ungranted(blobIds, recipient, after);
      for (const blob of found) granted += await this.grantOrTell(blob, recipient);
      after = found.at(-1)?.id ?? null;
      if (found.length < batchSize) break;
    }
    return { granted, revoked };
  }

  private async revoke(blobIds: readonly string[] | null): Promise<number> {
    const gone = await query(
      this.dataSource,
      `DELETE FROM replication.file_grant g
       WHERE ($1::uuid[] IS NULL OR g.blob_id = ANY ($1))
         AND NOT EXISTS (SELECT 1 FROM ${selectedBlobs('$1')} s WHERE s.blob_id = g.blob_id)
       RETURNING g.blob_id`,
      [blobIds],
    );
    return gone.length;
  }

  /** @param after the last of the page before */
  private ungranted(
    blobIds: readonly string[] | null,
    recipient: string,
    after: string | null,
  ): Promise<Ungranted[]> {
    return query<Ungranted>(
      this.dataSource,
      `SELECT b.id, b.store_name, b.bytes, b.sha256, b.wrapped_key, b.key_id
       FROM ${selectedBlobs('$1')} s JOIN files.blob b ON b.id = s.blob_id
       WHERE NOT EXISTS (SELECT 1 FROM replication.file_grant g WHERE g.blob_id = b.id AND g.recipient = $2)
         AND ($3::uuid IS NULL OR b.id > $3)
       ORDER BY b.id LIMIT ${String(batchSize)}`,
      [blobIds, recipient, after],
    );
  }

  /** A file whose key does not open stays home; those behind it must not. */
  private async grantOrTell(blob: Ungranted, recipient: string): Promise<number> {
    try {
      return await this.grant(blob, recipient);
    } catch (error) {
      if (!(error instanceof FileDamaged || error instanceof FileKeyRefused)) throw error;
      this.logger.warn({ event: 'files.not-granted', blobId: blob.id, error: safeError(error) });
      return 0;
    }
  }

  /** Asked once more in the statement that grants: the policy may have changed while the key was wrapped. */
  private async grant(blob: Ungranted, recipient: string): Promise<number> {
    const dataKey = this.store.unwrap(
      { storeName: blob.store_name },
      { wrappedKey: blob.wrapped_key, keyId: blob.key_id },
    );
    const wrapped = await this.wrapper.wrap(dataKey, recipient);
    const made = await query(
      this.dataSource,
      `INSERT INTO replication.file_grant (blob_id, store_name, bytes, sha256, wrapped_key, recipient)
       SELECT b.id, b.store_name, b.bytes, b.sha256, $2, $3 FROM files.blob b
       WHERE b.id = $1 AND b.wrapped_key = $4
         AND EXISTS (SELECT 1 FROM replication.selected_among(ARRAY[b.id]) s (blob_id) WHERE s.blob_id = b.id)
       ON CONFLICT (blob_id) DO UPDATE SET store_name = excluded.store_name, wrapped_key = excluded.wrapped_key,
         recipient = excluded.recipient, created_at = now()
       RETURNING blob_id`,
      [blob.id, wrapped, recipient, blob.wrapped_key],
    );
    return made.length;
  }
}

/** Of a few files through the index; of all where none is named. */
const selectedBlobs = (ids: string): string =>
  `(SELECT blob_id FROM replication.selected_among(${ids}::uuid[]) AS r (blob_id) WHERE ${ids}::uuid[] IS NOT NULL
    UNION ALL SELECT blob_id FROM replication.selected_blobs WHERE ${ids}::uuid[] IS NULL)`;
