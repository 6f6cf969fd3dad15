// On a replica the policy leaves fields and rows out, so a constraint that holds on premises cannot hold there.
// Ids stay: a row without one could not be replaced or removed.
import type pg from 'pg';

/** Schemas whose tables are filled from the bucket. */
const schemas = ['crm', 'access'];

interface Relaxation {
  description: string;
  sql: string;
}

/**
 * Drops NOT NULL (except of primary keys), unique constraints and indexes, checks and foreign keys, and puts a plain
 * index where a unique one stood. Finds out by itself what is left to do, so it can run after every migration.
 * @returns what was done, one line each
 */
export async function relaxConstraints(client: pg.Client): Promise<string[]> {
  await client.query('BEGIN');
  try {
    const steps = [
      ...(await findConstraints(client)),
      ...(await findUniqueIndexes(client)),
      ...(await findNotNulls(client)),
    ];
    for (const step of steps) await client.query(step.sql);
    await client.query('COMMIT');
    return steps.map((step) => step.description);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Foreign keys first, for they hang on unique constraints; also those that lead here from other schemas. */
async function findConstraints(client: pg.Client): Promise<Relaxation[]> {
  const { rows } = await client.query<{
    table: string;
    name: string;
    kind: string;
    definition: string | null;
  }>(
    `SELECT c.conrelid::regclass::text AS table, quote_ident(c.conname) AS name, c.contype AS kind,
            CASE WHEN c.contype = 'u' THEN pg_get_indexdef(c.conindid) END AS definition
       FROM pg_constraint c
       JOIN pg_class t ON t.oid = c.conrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace
       LEFT JOIN pg_class r ON r.oid = c.confrelid
      WHERE (n.nspname = ANY($1) OR r.relnamespace = ANY($1::regnamespace[])) AND c.contype IN ('f', 'u', 'c') AND c.conparentid = 0 AND c.coninhcount = 0
      ORDER BY array_position(ARRAY['f', 'u', 'c']::text[], c.contype::text), 1, 2`,
    [schemas],
  );
  return rows.flatMap(({ table, name, definition }) => [
    { description: `constraint ${name} of ${table}`, sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name}` },
    ...(definition ? [plainIndex(definition)] : []),
  ]);
}

async function findUniqueIndexes(client: pg.Client): Promise<Relaxation[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i
       JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace
      WHERE n.nspname = ANY($1) AND i.indisunique AND NOT i.indisprimary
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'p', 'x'))
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
      ORDER BY 1`,
    [schemas],
  );
  return rows.flatMap(({ name, definition }) => [
    { description: `unique index ${name}`, sql: `DROP INDEX ${name}` },
    plainIndex(definition),
  ]);
}

function plainIndex(definition: string): Relaxation {
  const sql = definition.replace(/^CREATE UNIQUE INDEX/, 'CREATE INDEX').replace(/ NULLS NOT DISTINCT/, '');
  return { description: sql, sql };
}

async function findNotNulls(client: pg.Client): Promise<Relaxation[]> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT t.oid::regclass::text AS table, quote_ident(a.attname) AS column
       FROM pg_attribute a
       JOIN pg_class t ON t.oid = a.attrelid AND t.relkind IN ('r', 'p')
       JOIN pg_namespace n ON n.oid = t.relnamespace
      WHERE n.nspname = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
        AND a.attidentity = '' AND a.attinhcount = 0
        AND NOT EXISTS (SELECT FROM pg_index i
                         WHERE i.indrelid = t.oid AND i.indisprimary AND a.attnum = ANY(i.indkey))
      ORDER BY 1, a.attnum`,
    [schemas],
  );
  return rows.map(({ table, column }) => ({
    description: `NOT NULL of ${table}.${column}`,
    sql: `ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL`,
  }));
}
