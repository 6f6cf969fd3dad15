import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';

export interface Tag {
  readonly id: string;
  readonly name: string;
  /** `#rrggbb`, or null for the colour that the UI gives it */
  readonly colour: string | null;
  readonly version: number;
}

/** A rename (`to` is the new name) or a removal (`to` is null) on its way through the records. */
export interface TagChange {
  readonly id: string;
  readonly from: string;
  readonly to: string | null;
  /** records rewritten so far */
  readonly done: number;
  readonly finishedAt: Date | null;
}

const columns = 'id, name, colour, version';
const changeColumns = `id, from_name AS "from", to_name AS "to", done, finished_at AS "finishedAt"`;
const lower = (sql: string): string => `lower(${sql} COLLATE "und-x-icu")`;

/** crm.tag and crm.tag_change. Names differ in more than capitals. */
@Injectable()
export class TagStore {
  constructor(private readonly dataSource: DataSource) {}

  /** names that begin with the text first, then those that hold it */
  suggest(text: string, limit: number): Promise<Tag[]> {
    const pattern = text.replace(/[\\%_]/g, (character) => `\\${character}`);
    return query<Tag>(
      this.dataSource,
      `SELECT ${columns} FROM crm.tag WHERE ${lower('name')} LIKE '%' || ${lower('$1')} || '%'
       ORDER BY ${lower('name')} NOT LIKE ${lower('$1')} || '%', ${lower('name')} LIMIT $2`,
      [pattern, limit],
    );
  }

  /** by any spelling of its name */
  async named(tx: SqlRunner, names: readonly string[]): Promise<Tag[]> {
    return query<Tag>(
      tx,
      `SELECT ${columns} FROM crm.tag WHERE ${lower('name')} IN (SELECT ${lower('n')} FROM unnest($1::text[]) n)`,
      [names],
    );
  }

  /** In the order of their ids, so that two who merge the same tags wait for each other. */
  async lockAll(tx: SqlRunner, ids: readonly string[]): Promise<Tag[]> {
    return query<Tag>(
      tx,
      `SELECT ${columns} FROM crm.tag WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`,
      [ids],
    );
  }

  /** Leaves a tag that is there as it is. Sorted, so that two who add the same ones wait for each other in order. */
  async add(
    tx: SqlRunner,
    userId: string | null,
    names: readonly string[],
    colour: string | null = null,
  ): Promise<Tag[]> {
    const sorted = [...names].sort();
    return query<Tag>(
      tx,
      `INSERT INTO crm.tag (id, created_at, created_by, updated_at, updated_by, name, colour)
       SELECT id, now(), $3, now(), $3, name, $4 FROM unnest($1::uuid[], $2::text[]) AS t (id, name)
       ON CONFLICT DO NOTHING RETURNING ${columns}`,
      [sorted.map(() => uuidv7()), sorted, userId, colour],
    );
  }

  async change(tx: SqlRunner, userId: string | null, tag: Tag): Promise<Tag> {
    const [stored] = await query<Tag>(
      tx,
      `UPDATE crm.tag SET name = $2, colour = $3, version = version + 1, updated_at = now(), updated_by = $4
       WHERE id = $1 RETURNING ${columns}`,
      [tag.id, tag.name, tag.colour, userId],
    );
    return stored ?? tag;
  }

  async remove(tx: SqlRunner, id: string): Promise<void> {
    await query(tx, 'DELETE FROM crm.tag WHERE id = $1', [id]);
  }

  async begin(tx: SqlRunner, userId: string | null, from: string, to: string | null): Promise<TagChange> {
    const [change] = await query<TagChange>(
      tx,
      `INSERT INTO crm.tag_change (id, created_at, created_by, from_name, to_name) VALUES ($1, now(), $2, $3, $4)
       RETURNING ${changeColumns}`,
      [uuidv7(), userId, from, to],
    );
    if (!change) throw new TypeError('an insert answered no row');
    return change;
  }

  changes(runner: SqlRunner = this.dataSource): Promise<TagChange[]> {
    return query<TagChange>(
      runner,
      `SELECT ${changeColumns} FROM crm.tag_change ORDER BY created_at DESC, id DESC LIMIT 50`,
    );
  }

  /** oldest first: a name that is renamed twice goes the whole way */
  unfinished(runner: SqlRunner = this.dataSource): Promise<TagChange[]> {
    return query<TagChange>(
      runner,
      `SELECT ${changeColumns} FROM crm.tag_change WHERE finished_at IS NULL ORDER BY created_at, id`,
    );
  }

  async progress(tx: SqlRunner, id: string, records: number): Promise<void> {
    await query(tx, 'UPDATE crm.tag_change SET done = done + $2 WHERE id = $1', [id, records]);
  }

  async finish(id: string): Promise<void> {
    await query(this.dataSource, 'UPDATE crm.tag_change SET finished_at = now() WHERE id = $1', [id]);
  }
}
