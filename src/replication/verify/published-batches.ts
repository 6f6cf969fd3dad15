import type { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { comparePositions, type Position, type TypeState } from '../format/index.js';
import type { PremisesRecord, RecordedBatch } from './premises.port.js';

interface BatchRow extends Position, RecordedBatch {
  types: TypeState[];
}

const PAGE = 500;
/** A batch that is pending may be in the bucket already; one that is published must be. */
const readSpan = `
  SELECT (SELECT row_to_json(b) FROM (SELECT generation, n FROM replication.batch ORDER BY generation, n LIMIT 1) b) AS oldest,
    (SELECT row_to_json(b) FROM (SELECT generation, n FROM replication.batch WHERE state = 'published'
      ORDER BY generation DESC, n DESC LIMIT 1) b) AS newest`;
const readPage = `
  SELECT generation, n, digest, types FROM replication.batch WHERE (generation, n) >= ($1, $2)
  ORDER BY generation, n LIMIT ${String(PAGE)}`;

/** The premises' own account of what left, read from their database as the server's account may. */
export class PublishedBatches implements PremisesRecord {
  private known: { oldest: Position; newest: Position } | null = null;
  private page: BatchRow[] = [];

  constructor(private readonly dataSource: DataSource) {}

  async refresh(): Promise<void> {
    const [row] = await query<{ oldest: Position | null; newest: Position | null }>(
      this.dataSource,
      readSpan,
    );
    const { oldest = null, newest = null } = row ?? {};
    this.known = oldest === null || newest === null ? null : { oldest, newest };
    this.page = [];
  }

  span(): Promise<{ oldest: Position; newest: Position } | null> {
    return Promise.resolve(this.known);
  }

  async batch(at: Position): Promise<RecordedBatch | null> {
    return this.inPage(at) ?? (await this.turnTo(at));
  }

  private async turnTo(at: Position): Promise<RecordedBatch | null> {
    this.page = await query<BatchRow>(this.dataSource, readPage, [at.generation, at.n]);
    return this.inPage(at);
  }

  private inPage(at: Position): BatchRow | null {
    return this.page.find((row) => comparePositions(row, at) === 0) ?? null;
  }
}
