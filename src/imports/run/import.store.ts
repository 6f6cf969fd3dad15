import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, type SqlRunner } from '../../platform/database/index.js';
import type { StructureProblem } from '../csv/structure.errors.js';
import type { ImportCounts, ImportRow, ImportState } from './import.row.js';

const columns = `id, type, label, mapping, file_name AS "fileName", is_dry_run AS "isDryRun", is_all_or_nothing AS "isAllOrNothing",
  state, principal, total_rows AS "totalRows", position, linked, created, updated, unchanged, skipped, failed,
  error_bytes::int AS "errorBytes", problems, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"`;

/** After this long without a heartbeat a running import is taken to have died with its server. */
const staleAfterMs = 20_000;

export interface NewImport {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly mapping: string;
  readonly fileName: string;
  readonly isDryRun: boolean;
  readonly isAllOrNothing: boolean;
  readonly principal: ImportRow['principal'];
}

@Injectable()
export class ImportStore {
  constructor(private readonly dataSource: DataSource) {}

  async insert(row: NewImport): Promise<void> {
    await query(
      this.dataSource,
      `INSERT INTO platform.import (id, type, label, mapping, file_name, is_dry_run, is_all_or_nothing, principal, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        row.id,
        row.type,
        row.label,
        row.mapping,
        row.fileName,
        row.isDryRun,
        row.isAllOrNothing,
        JSON.stringify(row.principal),
        row.principal.userId,
      ],
    );
  }

  async find(id: string, runner: SqlRunner = this.dataSource): Promise<ImportRow | null> {
    const rows = await query<ImportRow>(runner, `SELECT ${columns} FROM platform.import WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Newest first. `userId` limits it to one person's imports. */
  page(limit: number, before: string | null, userId: string | null): Promise<ImportRow[]> {
    return query<ImportRow>(
      this.dataSource,
      `SELECT ${columns} FROM platform.import
        WHERE ($2::uuid IS NULL OR id < $2::uuid) AND ($3::uuid IS NULL OR created_by = $3::uuid)
        ORDER BY id DESC LIMIT $1`,
      [limit, before, userId],
    );
  }

  /** @returns whether the import was in one of the states it may leave */
  async move(id: string, from: readonly ImportState[], to: ImportState): Promise<boolean> {
    const rows = await query<{ id: string }>(
      this.dataSource,
      `UPDATE platform.import SET state = $3, finished_at = CASE WHEN $3 IN ('done', 'failed', 'cancelled') THEN now() END
        WHERE id = $1 AND state = ANY($2) RETURNING id`,
      [id, from, to],
    );
    return rows.length > 0;
  }

  /** Takes an import for this process: a queued one, or one whose process died. Two takers: one gets it. */
  async take(id: string): Promise<ImportRow | null> {
    const rows = await query<{ id: string }>(
      this.dataSource,
      `UPDATE platform.import SET state = CASE WHEN state = 'cancelling' THEN state ELSE 'running' END, heartbeat_at = now(), started_at = coalesce(started_at, now())
        WHERE id = $1 AND (state = 'queued' OR (state IN ('running', 'cancelling') AND heartbeat_at < now() - make_interval(secs => $2)))
        RETURNING id`,
      [id, staleAfterMs / 1000],
    );
    return rows.length > 0 ? this.find(id) : null;
  }

  /** Gives an import back that stopped with its server, so that the next one need not wait for it to grow stale. */
  async release(id: string): Promise<void> {
    await query(
      this.dataSource,
      `UPDATE platform.import SET state = 'queued', heartbeat_at = NULL WHERE id = $1 AND state = 'running'`,
      [id],
    );
  }

  async stale(): Promise<string[]> {
    const rows = await query<{ id: string }>(
      this.dataSource,
      `SELECT id FROM platform.import WHERE state = 'queued' OR (state IN ('running', 'cancelling') AND heartbeat_at < now() - make_interval(secs => $1))`,
      [staleAfterMs / 1000],
    );
    return rows.map(({ id }) => id);
  }

  async beat(id: string): Promise<ImportState> {
    const rows = await query<{ state: ImportState }>(
      this.dataSource,
      'UPDATE platform.import SET heartbeat_at = now() WHERE id = $1 RETURNING state',
      [id],
    );
    return rows[0]?.state ?? 'cancelled';
  }

  async setTotal(id: string, totalRows: number): Promise<void> {
    await query(this.dataSource, 'UPDATE platform.import SET total_rows = $2 WHERE id = $1', [id, totalRows]);
  }

  /** Must run in the transaction that wrote the rows, or a resumed import would write them again. */
  async advance(
    runner: SqlRunner,
    id: string,
    position: number,
    counts: ImportCounts,
    errorBytes: number,
  ): Promise<void> {
    await query(
      runner,
      `UPDATE platform.import SET position = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, failed = $7, error_bytes = $8, heartbeat_at = now()
        WHERE id = $1`,
      [
        id,
        position,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.skipped,
        counts.failed,
        errorBytes,
      ],
    );
  }

  async advanceLinks(
    runner: SqlRunner,
    id: string,
    linked: number,
    failed: number,
    errorBytes: number,
  ): Promise<void> {
    await query(
      runner,
      'UPDATE platform.import SET linked = $2, failed = $3, error_bytes = $4, heartbeat_at = now() WHERE id = $1',
      [id, linked, failed, errorBytes],
    );
  }

  async finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled',
    problems: readonly StructureProblem[] = [],
  ): Promise<void> {
    await query(
      this.dataSource,
      `UPDATE platform.import SET state = $2, problems = $3, finished_at = now() WHERE id = $1`,
      [id, state, JSON.stringify(problems)],
    );
  }
}
