import { findRecordType, type RecordTypeMeta } from '../../../records/index.js';
import type { CloudPolicy } from '../document/policy.model.js';
import { identifier, literal, plainTableName } from './sql-text.js';

/**
 * What travels whatever the policy says, because a replica cannot work without it: who owns records, who may
 * sign in there, what they may do, and the names of pipelines, stages and included custom fields.
 * docs/cloud-policy.md lists it for the people who decide; the two must agree.
 */
export interface SystemView {
  readonly type: string;
  readonly tableName: string;
  readonly select: string;
}

const engineColumns = ['id', 'created_at', 'created_by', 'updated_at', 'updated_by', 'owner_id', 'version'];

/** Columns of `user` that travel; e-mail, office and manager do not. */
const userColumns = ['name', 'active', 'locale', 'time_zone'];
const roleColumns = [
  'id',
  'created_at',
  'updated_at',
  'key',
  'name',
  'permissions',
  'flags',
  'hidden_fields',
  'read_only_fields',
  'built_in',
];
/** Lists of field names by type, in which fields that the customer added stand as `custom.<key>`. */
const fieldLists = ['hidden_fields', 'read_only_fields'];
const replicaLoginColumns = ['id', 'created_at', 'updated_at', 'user_id', 'email', 'password_hash', 'roles'];
const customFieldColumns = [
  'id',
  'created_at',
  'updated_at',
  'version',
  'type',
  'key',
  'label',
  'kind',
  'options',
  'required',
  'classification',
  'position',
  'searchable',
];

export function systemViews(policy: CloudPolicy): SystemView[] {
  const views: SystemView[] = [];
  const user = findRecordType('user');
  if (user) views.push(recordView(user, userColumns));
  views.push(
    plainView(
      'role',
      'access.role',
      roleColumns.map((name) => roleColumnSql(policy, name)),
    ),
    plainView('replica_login', 'access.replica_login', replicaLoginColumns.map(columnSql)),
    plainView(
      'custom_field',
      'crm.custom_field',
      customFieldColumns.map(columnSql),
      boundFieldCondition(policy),
    ),
  );
  for (const name of ['pipeline', 'stage']) {
    const type = findRecordType(name);
    if (type) views.push(recordView(type, ownColumns(type)));
  }
  return views;
}

function ownColumns(type: RecordTypeMeta): string[] {
  return type.fields
    .map((field) => field.column)
    .filter((column) => ![...engineColumns, 'deleted_at', 'external_id'].includes(column));
}

function recordView(type: RecordTypeMeta, columns: readonly string[]): SystemView {
  const list = [...engineColumns, ...columns].map((column) => `t.${identifier(column)}`);
  return {
    type: type.name,
    tableName: plainTableName(type),
    select: `SELECT ${list.join(', ')}, '{}'::jsonb AS custom\nFROM ${type.table} t\nWHERE t.deleted_at IS NULL`,
  };
}

const columnSql = (column: string): string => `t.${identifier(column)}`;

function plainView(type: string, table: string, columns: readonly string[], where?: string): SystemView {
  return {
    type,
    tableName: table,
    select: `SELECT ${columns.join(', ')}\nFROM ${table} t${where ? `\nWHERE ${where}` : ''}`,
  };
}

/** A role that hides a field names it, and the name of a custom one that stays home would say what it holds. */
function roleColumnSql(policy: CloudPolicy, column: string): string {
  const plain = columnSql(column);
  if (!fieldLists.includes(column)) return plain;
  const isTold = customFieldCondition(policy, 'l.key', 'substr(n.name, 8)');
  const names = `SELECT coalesce(jsonb_agg(n.name ORDER BY n.place), '[]')
    FROM jsonb_array_elements_text(CASE jsonb_typeof(l.value) WHEN 'array' THEN l.value ELSE '[]' END)
      WITH ORDINALITY n (name, place) WHERE n.name NOT LIKE 'custom.%' OR ${isTold}`;
  return `(SELECT coalesce(jsonb_object_agg(l.key, (${names})), '{}') FROM jsonb_each(${plain}) l) AS ${identifier(column)}`;
}

/** The name and the choices of a field that stays home would say what it holds. */
function boundFieldCondition(policy: CloudPolicy): string {
  const ids = [...policy.types.values()].flatMap((type) =>
    type.customFields
      .filter(({ treatment }) => treatment.kind !== 'omit')
      .map(({ fieldId }) => `${literal(fieldId)}::uuid`),
  );
  return ids.length === 0 ? 'FALSE' : `t.id IN (${ids.join(', ')})`;
}

/** Of fields that are told of elsewhere by type and key only. */
function customFieldCondition(policy: CloudPolicy, type: string, key: string): string {
  const included = [...policy.types.values()].flatMap((type) =>
    type.customFields
      .filter(({ treatment }) => treatment.kind !== 'omit')
      .map(({ field }) => `(${literal(type.meta.name)}, ${literal(field.column)})`),
  );
  return included.length === 0 ? 'FALSE' : `(${type}, ${key}) IN (${included.join(', ')})`;
}
