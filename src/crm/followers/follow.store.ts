import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';

export interface Follower {
  readonly id: string;
  readonly name: string | null;
}

/** crm.follow, by person, type and record: nothing else, so that a merge or a conversion can move it. */
@Injectable()
export class FollowStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the new entry's id, null where it was there already */
  async add(tx: SqlRunner, userId: string, type: string, recordId: string): Promise<string | null> {
    const [row] = await query<{ id: string }>(
      tx,
      `INSERT INTO crm.follow (id, user_id, record_type, record_id, created_at) VALUES ($1, $2, $3, $4, now())
       ON CONFLICT (user_id, record_type, record_id) DO NOTHING RETURNING id`,
      [uuidv7(), userId, type, recordId],
    );
    return row?.id ?? null;
  }

  async remove(tx: SqlRunner, userId: string, type: string, recordId: string): Promise<string | null> {
    const [row] = await query<{ id: string }>(
      tx,
      'DELETE FROM crm.follow WHERE user_id = $1 AND record_type = $2 AND record_id = $3 RETURNING id',
      [userId, type, recordId],
    );
    return row?.id ?? null;
  }

  async countOf(tx: SqlRunner, userId: string): Promise<number> {
    const [row] = await query<{ n: string }>(tx, 'SELECT count(*) AS n FROM crm.follow WHERE user_id = $1', [
      userId,
    ]);
    return Number(row?.n ?? 0);
  }

  async follows(userId: string | null, type: string, recordId: string): Promise<boolean> {
    const rows = await query(
      this.dataSource,
      'SELECT 1 FROM crm.follow WHERE user_id = $1 AND record_type = $2 AND record_id = $3',
      [userId, type, recordId],
    );
    return rows.length > 0;
  }

  /** by the entry's id, which rises with time */
  followers(
    type: string,
    recordId: string,
    limit: number,
    after: string | null,
  ): Promise<(Follower & { readonly entry: string })[]> {
    return query(
      this.dataSource,
      `SELECT u.id, u.name, f.id AS entry FROM crm.follow f JOIN crm."user" u ON u.id = f.user_id
       WHERE f.record_type = $1 AND f.record_id = $2 AND u.active AND u.deleted_at IS NULL
         AND ($4::uuid IS NULL OR f.id > $4::uuid)
       ORDER BY f.id LIMIT $3`,
      [type, recordId, limit, after],
    );
  }

  followed(userId: string | null): Promise<{ type: string; id: string }[]> {
    return query(
      this.dataSource,
      'SELECT record_type AS type, record_id AS id FROM crm.follow WHERE user_id = $1 ORDER BY id DESC',
      [userId],
    );
  }
}
