import { escapeIdentifier, type PoolClient } from 'pg';
import { toColumnName } from '../../records/index.js';
import type { TypeSchema } from '../format/index.js';
import { ReplicaError } from './replica.errors.js';

export interface TargetTable {
  type: string;
  /** quoted and with its schema */
  table: string;
  /** quoted, in the order of the row text */
  columns: string[];
}

/** Of the system set; every other type's table is crm.<type>. */
const accessTables: Readonly<Record<string, string>> = { role: 'role', replica_login: 'replica_login' };

/**
 * Finds the table and checks the columns of each type in the catalogue: neither a manifest's signer nor a newer
 * version of the premises can name a table or column that this replica does not have.
 */
export async function findTargets(
  client: PoolClient,
  schema: readonly TypeSchema[],
): Promise<Map<string, TargetTable>> {
  const known = await readColumns(client);
  const targets = new Map<string, TargetTable>();
  for (const { type, columns } of schema) {
    const [schemaName, tableName] = placeOf(type);
    const existing = known.get(`${schemaName}.${tableName}`);
    if (existing === undefined)
      throw new ReplicaError('replica.schema_unknown', `this replica has no table for type ${type}`);
    if (columns[0]?.name !== 'id')
      throw new ReplicaError('replica.schema_unknown', `type ${type}: the first column is not the id`);
    const missing = columns.find(({ name }) => !existing.has(name));
    if (missing !== undefined) {
      throw new ReplicaError(
        'replica.schema_unknown',
        `this replica has no column ${missing.name} for type ${type}`,
      );
    }
    targets.set(type, {
      type,
      table: `${escapeIdentifier(schemaName)}.${escapeIdentifier(tableName)}`,
      columns: columns.map(({ name }) => escapeIdentifier(name)),
    });
  }
  return targets;
}

/** Every table that a snapshot replaces, named or not: a type that the new policy drops must leave nothing behind. */
export async function replicatedTables(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'crm' ORDER BY 1`,
  );
  const access = Object.values(accessTables).map((name) => `access.${escapeIdentifier(name)}`);
  return [...rows.map(({ name }) => `crm.${escapeIdentifier(name)}`), ...access];
}

function placeOf(type: string): [schema: string, table: string] {
  const access = Object.hasOwn(accessTables, type) ? accessTables[type] : undefined;
  return access === undefined ? ['crm', toColumnName(type)] : ['access', access];
}

async function readColumns(client: PoolClient): Promise<Map<string, Set<string>>> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT table_schema || '.' || table_name AS name, array_agg(column_name::text) AS columns
     FROM information_schema.columns WHERE table_schema IN ('crm', 'access') GROUP BY 1`,
  );
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}
