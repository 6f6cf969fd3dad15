import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, type SqlRunner } from '../../platform/database/index.js';
import type { StructureProblem } from '../csv/structure.errors.js';
import type { EndState, ImportCounts, ImportRow, ImportState } from './import.row.js';

const columns = `id, type, label, mapping, file_name AS "fileName", is_dry_run AS "isDryRun", is_all_or_nothing AS "isAllOrNothing",
  state, principal, total_rows AS "totalRows", position, linked, created, updated, unchanged, skipped, failed,
  error_bytes::float8 AS "errorBytes", problems, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt",
  holder, attempts`;

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

/** How far a run is. */
export interface Progress {
  readonly position: number;
  readonly linked: number;
  readonly counts: ImportCounts;
  readonly errorBytes: number;
}

/** Another process has taken the import: this one was taken for dead and must not write any more. */
export class ImportTaken extends Error {
  constructor() {
    super('another process has taken this import');
    this.name = 'ImportTaken';
  }
}

/** The table of imports, as people see and change it. */
@Injectable()
export class ImportStore {
  constructor(private readonly dataSource: DataSource) {}

  async insert(row: NewImport): Promise<void> {
    await query(
      this.dataSource,
      `INSERT INTO platform.import (id, type, label, mapping, file_name, is_dry_run, is_all_or_nothing, principal, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[row.id, row.type, row.label, row.mapping, row.fileName, row.isDryRun, row.isAllOrNothing],
        ...[JSON.stringify(row.principal), row.principal.userId],
      ],
    );
  }

  async find(id: string): Promise<ImportRow | null> {
    const sql = `SELECT ${columns} FROM platform.import WHERE id = $1`;
    return (await query<ImportRow>(this.dataSource, sql, [id]))[0] ?? null;
  }

  /** The state, locked until the transaction ends. */
  async lock(tx: SqlRunner, id: string): Promise<ImportState | null> {
    const sql = 'SELECT state FROM platform.import WHERE id = $1 FOR UPDATE';
    return (await query<{ state: ImportState }>(tx, sql, [id]))[0]?.state ?? null;
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
  async move(runner: SqlRunner, id: string, from: readonly ImportState[], to: ImportState): Promise<boolean> {
    const rows = await query<{ id: string }>(
      runner,
      `UPDATE platform.import SET state = $3, finished_at = CASE WHEN $3 IN ('done', 'failed', 'cancelled') THEN now() END
        WHERE id = $1 AND state = ANY($2) RETURNING id`,
      [id, from, to],
    );
    return rows.length > 0;
  }

  /** Cancels those whose file never came. */
  async giveUpWaiting(days: number): Promise<void> {
    await query(
      this.dataSource,
      `UPDATE platform.import SET state = 'cancelled', finished_at = now()
        WHERE state = 'waiting' AND created_at < now() - make_interval(days => $1)`,
      [days],
    );
  }

  /** @returns when each of them ended; null where it has not, absent where there is no such import */
  async endings(ids: readonly string[]): Promise<Map<string, Date | null>> {
    const rows = await query<{ id: string; finishedAt: Date | null }>(
      this.dataSource,
      'SELECT id, finished_at AS "finishedAt" FROM platform.import WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map(({ id, finishedAt }) => [id, finishedAt]));
  }

  /** The error file is gone. */
  async forgetErrors(id: string): Promise<void> {
    await query(this.dataSource, 'UPDATE platform.import SET error_bytes = 0 WHERE id = $1', [id]);
  }
}

/** @param runner the transaction that ends with the import, so that one cannot be without the other */
export async function finishImport(
  runner: SqlRunner,
  row: Pick<ImportRow, 'id' | 'holder'>,
  state: EndState,
  { created, updated, unchanged, skipped, failed }: ImportCounts,
  problems: readonly StructureProblem[],
): Promise<void> {
  const rows = await query(
    runner,
    `UPDATE platform.import SET state = $3, created = $4, updated = $5, unchanged = $6, skipped = $7, failed = $8,
       problems = $9, finished_at = now() WHERE id = $1 AND holder = $2 RETURNING id`,
    [row.id, row.holder, state, created, updated, unchanged, skipped, failed, JSON.stringify(problems)],
  );
  if (rows.length === 0) throw new ImportTaken();
}
