import { Injectable } from '@nestjs/common';
import type { QueryArrayConfig } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { connectionOf, statementName } from '../../platform/database/index.js';
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
  constructor(private readonly dataSource: DataSource) {}

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
