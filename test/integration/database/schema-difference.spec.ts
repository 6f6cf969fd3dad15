import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import {
  createDataSource,
  query,
  withClient,
  withTransaction,
} from '../../../src/platform/database/index.js';
import { recordStatements, recordTypes } from '../../../src/records/index.js';
import '../../../src/crm/record-types.js';
import { createPrimaryDatabase, type TestDatabase } from '../../support/index.js';

let migrated: TestDatabase;
let generated: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  migrated = await createPrimaryDatabase();
  generated = await createPrimaryDatabase();
  await withClient(generated.urls.owner, 'test', async (client) => {
    await client.query('DROP SCHEMA crm CASCADE; CREATE SCHEMA crm');
    for (const statement of recordStatements(recordTypes())) await client.query(statement);
  });
  dataSource = createDataSource({
    url: migrated.urls.owner,
    entities: recordTypes().map((type) => type.target),
    applicationName: 'test',
  });
  await dataSource.initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await migrated.drop();
  await generated.drop();
});

const catalogue = `
  SELECT format('%s.%s %s%s%s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')) AS line
    FROM pg_attribute a
    JOIN pg_class t ON t.oid = a.attrelid AND t.relkind = 'r' AND t.relnamespace = 'crm'::regnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT format('%s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'crm'::regnamespace AND contype <> 'n'
  UNION ALL
  SELECT indexdef FROM pg_indexes WHERE schemaname = 'crm'
  ORDER BY 1`;

async function describeTables(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.admin.query<{ line: string }>(catalogue);
  return rows.map(({ line }) => line);
}

/** What TypeORM would do to the columns; it does not know the foreign keys and indexes that come from metadata. */
async function columnDifferences(): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  const isOurs = /^(DROP INDEX|ALTER TABLE \S+ DROP CONSTRAINT|(CREATE|DROP) (UNIQUE )?INDEX)/;
  return upQueries.map((entry) => entry.query).filter((statement) => !isOurs.test(statement));
}

describe('record classes and migrations', () => {
  it('describe the same columns, constraints and indexes', async () => {
    const tables = await describeTables(generated);
    expect(tables.length).toBeGreaterThan(100);
    expect(await describeTables(migrated)).toEqual(tables);
  });

  it('agree on types and nullability in the eyes of TypeORM', async () => {
    expect(await columnDifferences()).toEqual([]);
  });

  it('differ as soon as a column does', async () => {
    const before = await describeTables(migrated);
    await withTransaction(dataSource, (tx) =>
      query(tx, 'ALTER TABLE crm.deal DROP COLUMN stage, ADD oops text'),
    );
    expect(await describeTables(migrated)).not.toEqual(before);
    expect((await columnDifferences()).join()).toContain('"stage"');
  });
});
