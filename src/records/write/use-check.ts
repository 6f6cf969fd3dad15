import type { QueryRunner } from 'typeorm';
import { Conflict } from '../../platform/errors/index.js';
import { recordTypes } from '../metadata/registry.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import type { RecordDatabase } from '../sql/record-database.js';

/**
 * A record that others cannot do without (a pipeline with deals) does not go to the recycle bin either: PostgreSQL
 * guards only what is deleted for good.
 */
export async function checkUse(
  database: RecordDatabase,
  tx: QueryRunner,
  type: RecordTypeMeta,
  id: string,
): Promise<void> {
  for (const user of recordTypes())
    for (const field of user.fields) {
      if (field.target !== type.name || field.onDelete !== 'restrict') continue;
      const sql = `SELECT 1 FROM ${user.table} t WHERE t."${field.column}" = $1 AND t."deleted_at" IS NULL LIMIT 1`;
      if ((await database.read(sql, [id], tx)).length > 0)
        throw new Conflict('reference_in_use', {
          detail: `There are ${user.plural} that need this ${type.name}.`,
        });
    }
}
