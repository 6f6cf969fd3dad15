import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';
import type { ImportRow, ImportState } from './import.row.js';
import { ImportStore, ImportTaken, type Progress } from './import.store.js';

/** After this long without a heartbeat a running import is taken to have died with its server. */
const staleAfterMs = 20_000;
const isStale = `state IN ('running', 'cancelling') AND heartbeat_at < now() - make_interval(secs => ${String(staleAfterMs / 1000)})`;

type Held = Pick<ImportRow, 'id' | 'holder'>;

/**
 * Which process works on which import. Whoever takes one gets a `holder` of its own, and every write names it: a process
 * that was only slow finds that it no longer holds the import, and its transaction is rolled back.
 */
@Injectable()
export class ImportHolding {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ImportStore,
  ) {}

  /** Takes a queued import, or one whose process died. Two takers: one gets it. */
  async take(id: string): Promise<ImportRow | null> {
    const rows = await query<{ id: string }>(
      this.dataSource,
      `UPDATE platform.import SET state = CASE WHEN state = 'cancelling' THEN state ELSE 'running' END, holder = $2,
         attempts = attempts + 1, heartbeat_at = now(), started_at = coalesce(started_at, now())
        WHERE id = $1 AND (state = 'queued' OR ${isStale}) RETURNING id`,
      [id, uuidv7()],
    );
    return rows.length > 0 ? this.store.find(id) : null;
  }

  /** Gives an import back that stopped with its server, so that the next one need not wait for it to grow stale. */
  async release({ id, holder }: Held): Promise<void> {
    await query(
      this.dataSource,
      `UPDATE platform.import SET state = 'queued', holder = NULL, heartbeat_at = NULL
        WHERE id = $1 AND holder = $2 AND state = 'running'`,
      [id, holder],
    );
  }

  /** Those that nobody works on, with how often they were tried. */
  abandoned(): Promise<{ id: string; attempts: number }[]> {
    const sql = `SELECT id, attempts FROM platform.import WHERE state = 'queued' OR (${isStale})`;
    return query(this.dataSource, sql);
  }

  /** @throws ImportTaken */
  async beat({ id, holder }: Held): Promise<ImportState> {
    const [row] = await query<{ state: ImportState }>(
      this.dataSource,
      'UPDATE platform.import SET heartbeat_at = now() WHERE id = $1 AND holder = $2 RETURNING state',
      [id, holder],
    );
    if (!row) throw new ImportTaken();
    return row.state;
  }

  async setTotal({ id, holder }: Held, totalRows: number): Promise<void> {
    const sql = 'UPDATE platform.import SET total_rows = $3 WHERE id = $1 AND holder = $2';
    await query(this.dataSource, sql, [id, holder, totalRows]);
  }

  /**
   * @param runner the transaction that wrote the rows, or a resumed import would write them again
   * @throws ImportTaken
   */
  async advance(runner: SqlRunner, { id, holder }: Held, progress: Progress): Promise<void> {
    const { created, updated, unchanged, skipped, failed } = progress.counts;
    const rows = await query(
      runner,
      `UPDATE platform.import SET position = $3, linked = $4, created = $5, updated = $6, unchanged = $7, skipped = $8,
         failed = $9, error_bytes = $10, heartbeat_at = clock_timestamp(),
         attempts = CASE WHEN is_dry_run OR is_all_or_nothing THEN attempts ELSE 0 END
        WHERE id = $1 AND holder = $2 RETURNING id`,
      [
        ...[id, holder, progress.position, progress.linked],
        ...[created, updated, unchanged, skipped, failed, progress.errorBytes],
      ],
    );
    if (rows.length === 0) throw new ImportTaken();
  }
}
