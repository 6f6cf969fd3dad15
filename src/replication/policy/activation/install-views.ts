import { query, type SqlRunner } from '../../../platform/database/index.js';
import type { CompiledPolicy, CompiledView } from '../compile/compile-policy.js';
import { identifier } from '../compile/sql-text.js';
import { ensurePseudonymKey } from './pseudonym-key.js';

/**
 * Replaces the views of schema `cloud`, their functions, the capture triggers and the catalogue, all in the
 * caller's transaction as holdfast_maintainer. The connector locks the views before it takes its snapshot, so
 * it reads either all of the old policy or all of the new one.
 */
export async function installViews(tx: SqlRunner, compiled: CompiledPolicy, version: number): Promise<void> {
  await query(tx, `SET LOCAL lock_timeout = '60s'`);
  await ensurePseudonymKey(tx);
  await dropInstalled(tx);
  for (const { type, select } of compiled.views)
    await query(tx, `CREATE VIEW cloud.${identifier(type)} WITH (security_barrier) AS\n${select}`);
  for (const { name, create } of compiled.homeViews) {
    await query(tx, create);
    await query(tx, `GRANT SELECT ON cloud.${identifier(name)} TO holdfast_app`);
  }
  await query(tx, 'DELETE FROM replication.capture_rule');
  for (const rule of compiled.captureRules)
    await query(
      tx,
      'INSERT INTO replication.capture_rule (relation, type, key_column, links) VALUES ($1::regclass, $2, $3, $4)',
      [rule.table, rule.type, rule.keyColumn, rule.links],
    );
  await query(tx, 'SELECT replication.sync_capture()');
  await query(tx, 'DELETE FROM replication.view_catalog');
  for (const [index, view] of compiled.views.entries()) await publishView(tx, view, version, index + 1);
}

async function dropInstalled(tx: SqlRunner): Promise<void> {
  const functions = await query<{ name: string }>(
    tx,
    `SELECT oid::regprocedure::text AS name FROM pg_proc
     WHERE pronamespace = 'cloud'::regnamespace AND proname LIKE 'dependents\\_%'`,
  );
  for (const { name } of functions) await query(tx, `DROP FUNCTION ${name}`);
  const views = await query<{ name: string }>(
    tx,
    // In the order in which the connector locks them: in any other the two can wait for each other.
    `SELECT c.relname AS name FROM pg_class c LEFT JOIN replication.view_catalog v ON v.type = c.relname
     WHERE c.relnamespace = 'cloud'::regnamespace AND c.relkind = 'v' ORDER BY v.position, c.relname`,
  );
  if (views.length > 0)
    await query(tx, `DROP VIEW ${views.map(({ name }) => `cloud.${identifier(name)}`).join(', ')}`);
}

async function publishView(
  tx: SqlRunner,
  view: CompiledView,
  version: number,
  position: number,
): Promise<void> {
  const relation = `cloud.${identifier(view.type)}`;
  await query(tx, `GRANT SELECT ON ${relation} TO holdfast_connector`);
  if (view.dependents) {
    const signature = `cloud.${identifier(view.dependents.name)}(uuid[])`;
    await query(tx, view.dependents.create);
    await query(tx, `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`);
    await query(tx, `GRANT EXECUTE ON FUNCTION ${signature} TO holdfast_connector`);
  }
  await query(
    tx,
    `INSERT INTO replication.view_catalog (policy_version, type, position, table_name, columns, dependents_function, treatments)
     SELECT $1, $2, $3, $4, jsonb_agg(
       jsonb_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) ORDER BY attnum), $5, $7
     FROM pg_attribute WHERE attrelid = $6::regclass AND attnum > 0 AND NOT attisdropped`,
    [
      version,
      view.type,
      position,
      view.tableName,
      view.dependents ? `cloud.${view.dependents.name}` : null,
      relation,
      JSON.stringify(view.treatments),
    ],
  );
}
