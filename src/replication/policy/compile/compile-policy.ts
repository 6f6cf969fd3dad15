import { recordTypes } from '../../../records/index.js';
import type { CloudPolicy } from '../document/policy.model.js';
import { dependentsName, dependentsSql, typesReadByFilters } from './dependents-sql.js';
import { identifier, plainTableName } from './sql-text.js';
import { systemViews } from './system-set.js';
import { policyViewSql } from './view-sql.js';

export interface CompiledView {
  readonly type: string;
  /** `crm.deal`, not quoted */
  readonly tableName: string;
  readonly createView: string;
  readonly dependents: { readonly name: string; readonly create: string } | null;
}

/** Under which type the changes of a table are logged. */
export interface CaptureRule {
  readonly table: string;
  readonly type: string;
  readonly keyColumn: 'id';
}

export interface CompiledPolicy {
  /** in the order in which the catalogue lists them: the system set first */
  readonly views: readonly CompiledView[];
  readonly captureRules: readonly CaptureRule[];
}

export function compilePolicy(policy: CloudPolicy): CompiledPolicy {
  const types = recordTypes();
  const views: CompiledView[] = systemViews(policy).map((view) => {
    const meta = types.find((type) => type.name === view.type);
    const create = meta ? dependentsSql(policy, meta) : null;
    return {
      type: view.type,
      tableName: view.tableName,
      createView: `CREATE VIEW cloud.${identifier(view.type)} WITH (security_barrier) AS\n${view.select}`,
      dependents: create && meta ? { name: dependentsName(meta), create } : null,
    };
  });
  const readOnlyByFilters = typesReadByFilters(policy);
  for (const meta of types) {
    if (meta.cloud === 'system') continue;
    const type = policy.types.get(meta.name);
    if (!type && !readOnlyByFilters.has(meta.name)) continue;
    const create = dependentsSql(policy, meta);
    views.push({
      type: meta.name,
      tableName: plainTableName(meta),
      createView: type ? policyViewSql(policy, type).create : emptyViewSql(meta.name, meta.table),
      dependents: create ? { name: dependentsName(meta), create } : null,
    });
  }
  return { views, captureRules: captureRules() };
}

/** A type that only filters read: its changes must be followed, though not one of its rows is selected. */
function emptyViewSql(type: string, table: string): string {
  return `CREATE VIEW cloud.${identifier(type)} WITH (security_barrier) AS\nSELECT t.id FROM ${table} t WHERE FALSE`;
}

function captureRules(): CaptureRule[] {
  const records = recordTypes().map((type) => ({
    table: type.table,
    type: type.name,
    keyColumn: 'id' as const,
  }));
  return [
    ...records,
    { table: 'crm.custom_field', type: 'custom_field', keyColumn: 'id' },
    { table: 'access.role', type: 'role', keyColumn: 'id' },
    { table: 'access.replica_login', type: 'replica_login', keyColumn: 'id' },
  ];
}
