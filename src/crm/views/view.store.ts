import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';

export type Sharing = 'nobody' | 'everyone' | readonly string[];
export type ViewLayout = 'table' | 'board';

export interface ViewContent {
  readonly name: string;
  readonly filter: unknown;
  readonly sort: string | null;
  readonly columns: readonly string[];
  readonly layout: ViewLayout;
  /** role keys where it is a list */
  readonly sharedWith: Sharing;
  readonly position: number;
}

export interface StoredView extends ViewContent {
  readonly id: string;
  readonly type: string;
  readonly ownerId: string;
  readonly ownerName: string | null;
  readonly version: number;
  readonly isDefault: boolean;
}

/** As the caller sees it: $1 is his id. */
const select = `
  SELECT v.id, v.type, v.name, v.filter, v.sort, v.columns, v.layout, v.shared_with AS "sharedWith", v.position,
    v.version, v.owner_id AS "ownerId", u.name AS "ownerName", d.view_id IS NOT NULL AS "isDefault"
  FROM crm.saved_view v LEFT JOIN crm."user" u ON u.id = v.owner_id
  LEFT JOIN crm.default_view d ON d.view_id = v.id AND d.user_id = $1`;
/** $2 are his roles. */
const isShown = `(v.owner_id = $1 OR v.shared_with = '"everyone"' OR v.shared_with ?| $2::text[])`;

/** crm.saved_view and crm.default_view. */
@Injectable()
export class ViewStore {
  constructor(private readonly dataSource: DataSource) {}

  list(
    userId: string | null,
    roles: readonly string[],
    type: string | undefined,
    limit: number,
  ): Promise<StoredView[]> {
    return query<StoredView>(
      this.dataSource,
      `${select} WHERE ${isShown} AND ($3::text IS NULL OR v.type = $3) ORDER BY v.type, v.position, v.name, v.id LIMIT $4`,
      [userId, roles, type ?? null, limit],
    );
  }

  async get(
    userId: string | null,
    roles: readonly string[],
    id: string,
    tx: SqlRunner = this.dataSource,
  ): Promise<StoredView | undefined> {
    const lock = tx === this.dataSource ? '' : ' FOR UPDATE OF v';
    const [view] = await query<StoredView>(tx, `${select} WHERE ${isShown} AND v.id = $3${lock}`, [
      userId,
      roles,
      id,
    ]);
    return view;
  }

  async countOf(tx: SqlRunner, userId: string): Promise<number> {
    const [row] = await query<{ n: string }>(
      tx,
      'SELECT count(*) AS n FROM crm.saved_view WHERE owner_id = $1',
      [userId],
    );
    return Number(row?.n ?? 0);
  }

  /** @returns null where the owner has a view of this name */
  async add(tx: SqlRunner, userId: string, type: string, content: ViewContent): Promise<string | null> {
    const [row] = await query<{ id: string }>(
      tx,
      `INSERT INTO crm.saved_view (id, created_at, created_by, updated_at, updated_by, owner_id, type, name, filter, sort,
         columns, layout, shared_with, position)
       VALUES ($1, now(), $2, now(), $2, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
      [uuidv7(), userId, type, ...values(content)],
    );
    return row?.id ?? null;
  }

  /** @returns false where the owner has another view of this name */
  async change(
    tx: SqlRunner,
    userId: string,
    { id, ownerId, type }: StoredView,
    content: ViewContent,
  ): Promise<boolean> {
    const taken = await query(
      tx,
      `SELECT 1 FROM crm.saved_view WHERE owner_id = $1 AND type = $2 AND id <> $3
         AND lower(name COLLATE "und-x-icu") = lower($4 COLLATE "und-x-icu")`,
      [ownerId, type, id, content.name],
    );
    if (taken.length > 0) return false;
    await query(
      tx,
      `UPDATE crm.saved_view SET name = $3, filter = $4, sort = $5, columns = $6, layout = $7, shared_with = $8,
         position = $9, version = version + 1, updated_at = now(), updated_by = $2 WHERE id = $1`,
      [id, userId, ...values(content)],
    );
    return true;
  }

  async remove(tx: SqlRunner, id: string): Promise<void> {
    await query(tx, 'DELETE FROM crm.saved_view WHERE id = $1', [id]);
  }

  /** One default per person and type. @param isDefault false takes it away where it is this one */
  async setDefault(
    tx: SqlRunner,
    userId: string,
    type: string,
    viewId: string,
    isDefault: boolean,
  ): Promise<void> {
    if (isDefault)
      await query(
        tx,
        `INSERT INTO crm.default_view (id, user_id, type, view_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, type) DO UPDATE SET view_id = excluded.view_id`,
        [uuidv7(), userId, type, viewId],
      );
    else
      await query(tx, 'DELETE FROM crm.default_view WHERE user_id = $1 AND view_id = $2', [userId, viewId]);
  }

  async unknownRoles(tx: SqlRunner, keys: readonly string[]): Promise<string[]> {
    const rows = await query<{ key: string }>(
      tx,
      'SELECT k AS key FROM unnest($1::text[]) k WHERE NOT EXISTS (SELECT 1 FROM access.role r WHERE r.key = k)',
      [keys],
    );
    return rows.map(({ key }) => key);
  }
}

function values(content: ViewContent): unknown[] {
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  const { name, filter, sort, columns, layout, sharedWith, position } = content;
  return [name, json(filter ?? null), sort, json(columns), layout, json(sharedWith), position];
}
