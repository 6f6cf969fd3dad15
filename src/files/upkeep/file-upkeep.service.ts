import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import { FileDamaged, type LocalFileStore } from '../../platform/file-store/index.js';
import { systemContext } from '../../platform/http/index.js';
import { safeError } from '../../platform/logging/index.js';
import { FilesAudit } from '../files.audit.js';
import { FILE_STORE, FILES_OPTIONS, type FilesOptions } from '../files.options.js';
import { attachmentColumns, toRow, type StoredAttachment } from '../rows/attachment.row.js';

const hourMs = 3_600_000;
const batchSize = 500;

export interface UpkeepResult {
  /** attachments that lay in the recycle bin for too long */
  readonly purged: number;
  /** contents that nothing refers to any more */
  readonly collected: number;
  /** uploads of dead servers, and files that no row knows */
  readonly swept: number;
  /** data keys wrapped anew after a rotation of the key file */
  readonly rewrapped: number;
}

interface OldKey {
  id: string;
  store_name: string;
  wrapped_key: Buffer;
  key_id: string;
}

/** What goes, and when: the recycle bin after weeks, content without an attachment after a day, half uploads as well. */
@Injectable()
export class FileUpkeep {
  private readonly logger = new Logger(FileUpkeep.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: FilesAudit,
    @Inject(FILE_STORE) private readonly store: LocalFileStore,
    @Inject(FILES_OPTIONS) private readonly options: FilesOptions,
  ) {}

  async run(): Promise<UpkeepResult> {
    const purged = await this.purgeDeleted();
    const collected = await this.collectUnused();
    const half = await this.store.sweepIncoming(this.options.keepUnusedHours * hourMs);
    const swept = half + (await this.sweepUnknown());
    return { purged, collected, swept, rewrapped: await this.rewrap() };
  }

  private async purgeDeleted(): Promise<number> {
    let purged = 0;
    for (;;) {
      const rows = await withTransaction(this.dataSource, async (tx) => {
        const gone = await query<StoredAttachment>(
          tx,
          `WITH due AS (
             SELECT id FROM crm.attachment WHERE deleted_at < now() - make_interval(days => $1)
             ORDER BY deleted_at, id LIMIT ${String(batchSize)} FOR UPDATE SKIP LOCKED)
           DELETE FROM crm.attachment a USING due LEFT JOIN crm."user" u ON false WHERE a.id = due.id
           RETURNING ${attachmentColumns}`,
          [this.options.keepDeletedDays],
        );
        const ctx = systemContext('file upkeep');
        for (const row of gone.map(toRow)) await this.audit.changed(tx, ctx, 'attachment-purge', row, null);
        return gone.length;
      });
      purged += rows;
      if (rows < batchSize) return purged;
    }
  }

  /** Seen unused twice, a grace time apart, so that an upload on its way finds what it counts on. */
  private async collectUnused(): Promise<number> {
    const isUsed = 'EXISTS (SELECT 1 FROM crm.attachment a WHERE a.blob_id = b.id)';
    await query(
      this.dataSource,
      `UPDATE files.blob b SET unreferenced_since = now() WHERE b.unreferenced_since IS NULL AND NOT ${isUsed}`,
    );
    await query(
      this.dataSource,
      `UPDATE files.blob b SET unreferenced_since = NULL WHERE b.unreferenced_since IS NOT NULL AND ${isUsed}`,
    );
    const due = await query<{ id: string }>(
      this.dataSource,
      'SELECT id FROM files.blob WHERE unreferenced_since <= now() - make_interval(hours => $1)',
      [this.options.keepUnusedHours],
    );
    let collected = 0;
    for (const { id } of due) collected += await this.collect(id);
    return collected;
  }

  /**
   * The row goes before its file, and the file while the row's removal is not committed: an upload of the same content
   * waits, and then finds neither. Where this process dies in between, the row comes back without a file, which an
   * upload mends and the next round removes.
   */
  private collect(id: string): Promise<number> {
    return withTransaction(this.dataSource, async (tx) => {
      const [gone] = await query<{ store_name: string }>(
        tx,
        `DELETE FROM files.blob b WHERE b.id = $1 AND b.unreferenced_since IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM crm.attachment a WHERE a.blob_id = b.id)
         RETURNING store_name`,
        [id],
      );
      if (!gone) return 0;
      await this.store.remove({ storeName: gone.store_name });
      return 1;
    });
  }

  /** An upload's file comes to its place before its row is committed; one that is old and has no row never got one. */
  private async sweepUnknown(): Promise<number> {
    const before = Date.now() - this.options.keepUnusedHours * hourMs;
    let swept = 0;
    let names: string[] = [];
    const sweep = async (): Promise<void> => {
      const known = await query<{ store_name: string }>(
        this.dataSource,
        'SELECT store_name FROM files.blob WHERE store_name = ANY ($1)',
        [names],
      );
      const isKnown = new Set(known.map(({ store_name }) => store_name));
      for (const storeName of names.filter((name) => !isKnown.has(name))) {
        await this.store.remove({ storeName });
        swept += 1;
      }
      names = [];
    };
    for await (const { storeName, changedAt } of this.store.list()) {
      if (changedAt.getTime() >= before) continue;
      names.push(storeName);
      if (names.length >= batchSize) await sweep();
    }
    if (names.length > 0) await sweep();
    return swept;
  }

  private async rewrap(): Promise<number> {
    let rewrapped = 0;
    let after: string | null = null;
    for (;;) {
      const old: OldKey[] = await query<OldKey>(
        this.dataSource,
        `SELECT id, store_name, wrapped_key, key_id FROM files.blob
         WHERE key_id <> $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT ${String(batchSize)}`,
        [this.store.currentKeyId, after],
      );
      for (const row of old) rewrapped += await this.rewrapOne(row);
      after = old.at(-1)?.id ?? null;
      if (old.length < batchSize) return rewrapped;
    }
  }

  /** A key that does not open stays as it is, and its file is told as damaged; those behind it must not wait for it. */
  private async rewrapOne(row: OldKey): Promise<number> {
    const { store_name: storeName, wrapped_key: wrappedKey, key_id: keyId } = row;
    try {
      const wrapped = this.store.rewrap({ storeName }, { wrappedKey, keyId });
      await query(
        this.dataSource,
        'UPDATE files.blob SET wrapped_key = $2, key_id = $3 WHERE id = $1 AND wrapped_key = $4',
        [row.id, wrapped.wrappedKey, wrapped.keyId, wrappedKey],
      );
      return 1;
    } catch (error) {
      if (!(error instanceof FileDamaged)) throw error;
      this.logger.warn({ event: 'files.not-rewrapped', blobId: row.id, error: safeError(error) });
      return 0;
    }
  }
}
