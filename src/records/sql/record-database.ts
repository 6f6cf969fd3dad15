import { Injectable } from '@nestjs/common';
import type { QueryArrayConfig } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { connectionOf, LookupBatch, statementName } from '../../platform/database/index.js';
import { translateDatabaseError } from './database-errors.js';

/** A row as PostgreSQL wrote it: texts in the order of the select list. */
export type TextRow = readonly (string | null)[];

const textOnly = { getTypeParser: () => (text: string | Buffer) => text };

/**
 * Runs statements past TypeORM: rows as arrays of texts, prepared under a name that follows from the text.
 * That is what keeps lists near the speed of a bare driver.
 */
@Injectable()
export class RecordDatabase {
  /** by statement and parameters, for as long as a turn of the event loop lasts */
  private readonly lookups = new Map<string, LookupBatch<TextRow>>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * One record by its id, read together with those that other requests of the same turn look up in the same way.
   * @param text finds any number of ids, bound as $1, and answers each row's own id in its last column
   * @param params the other parameters, from $2
   */
  readById(text: string, params: readonly unknown[], id: string): Promise<TextRow | undefined> {
    const shape = params.length === 0 ? text : `${text}\n${JSON.stringify(params)}`;
    let lookup = this.lookups.get(shape);
    if (!lookup) {
      lookup = new LookupBatch(async (ids) => {
        this.lookups.delete(shape);
        const rows = await this.read(text, [ids, ...params]);
        return new Map(rows.map((row) => [row.at(-1) ?? '', row]));
      });
      this.lookups.set(shape, lookup);
    }
    return lookup.find(id);
  }

  async read(text: string, params: readonly unknown[], tx?: QueryRunner): Promise<TextRow[]> {
    const name = statementName(text);
    const config = {
      ...(name ? { name } : {}),
      text,
      values: [...params],
      rowMode: 'array',
      types: textOnly,
    } as QueryArrayConfig;
    try {
      const connection = await connectionOf(tx ?? this.dataSource);
      return (await connection.query(config)).rows as TextRow[];
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
