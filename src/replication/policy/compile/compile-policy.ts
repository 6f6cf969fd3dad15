import { recordTypes } from '../../../records/index.js';
import {
  attachmentType,
  describeTreatment,
  type CloudPolicy,
  type PolicyType,
} from '../document/policy.model.js';
import {
  attachmentTable,
  attachmentViewSql,
  hasAttachmentRules,
  selectedBlobSql,
  selectedBlobView,
} from './attachments-sql.js';
import { customFieldType, dependentsName, dependentsSql, typesReadOnTheWay } from './dependents-sql.js';
import { plainTableName } from './sql-text.js';
import { systemViews } from './system-set.js';
import { policyViewSql } from './view-sql.js';

interface DependentsFunction {
  readonly name: string;
  readonly create: string;
}

/** What a replica is told of a field, so that nobody there takes its values for exact. */
export interface FieldNote {
  /** `email`, `custom.region` */
  readonly field: string;
  /** `generalise month`, see describeTreatment */
  readonly as: string;
}

export interface CompiledView {
  readonly type: string;
  /** `crm.deal`, not quoted */
  readonly tableName: string;
  /** what the view `cloud.<type>` is made of */
  readonly select: string;
  /** fields whose values are not the ones at home */
  readonly treatments: readonly FieldNote[];
  readonly dependents: DependentsFunction | null;
}

/** A view for the server, which the connector may not read. */
export interface HomeView {
  readonly name: string;
  readonly create: string;
}

/** Under which type the changes of a table are logged. */
export interface CaptureRule {
  readonly table: string;
  readonly type: string;
  readonly keyColumn: 'id';
  /** `[lead, lead_id]`: the records that a link row names, or named, are logged as changed with it */
  readonly links: readonly string[];
}

export interface CompiledPolicy {
  /** in the order in which the catalogue lists them: the system set first */
  readonly views: readonly CompiledView[];
  readonly homeViews: readonly HomeView[];
  readonly captureRules: readonly CaptureRule[];
}

export function compilePolicy(policy: CloudPolicy): CompiledPolicy {
  const types = recordTypes();
  const hasDependents = (name: string) =>
    name === customFieldType || types.some((type) => type.name === name);
  const views: CompiledView[] = systemViews(policy).map((view) => ({
    type: view.type,
    tableName: view.tableName,
    select: view.select,
    treatments: [],
    dependents: hasDependents(view.type) ? dependentsOn(policy, view.type) : null,
  }));
  const onTheWay = typesReadOnTheWay(policy);
  for (const meta of types) {
    if (meta.cloud === 'system' || meta.name === attachmentType) continue;
    const type = policy.types.get(meta.name);
    if (!type && !onTheWay.has(meta.name)) continue;
    views.push({
      type: meta.name,
      tableName: plainTableName(meta),
      select: type ? policyViewSql(policy, type) : emptyViewSql(meta.table),
      treatments: type ? fieldNotes(type) : [],
      dependents: dependentsOn(policy, meta.name),
    });
  }
  const hasFiles = hasAttachmentRules(policy);
  if (hasFiles)
    views.push({
      type: attachmentType,
      tableName: attachmentTable,
      select: attachmentViewSql(policy),
      treatments: [],
      dependents: null,
    });
  return {
    views,
    homeViews: hasFiles ? [{ name: selectedBlobView, create: selectedBlobSql(policy) }] : [],
    captureRules: captureRules(policy, hasFiles),
  };
}

function dependentsOn(policy: CloudPolicy, type: string): DependentsFunction | null {
  const create = dependentsSql(policy, type);
  return create === null ? null : { name: dependentsName(type), create };
}

function fieldNotes({ fields, customFields }: PolicyType): FieldNote[] {
  return [...fields, ...customFields].flatMap(({ field, treatment }) => {
    const as = describeTreatment(treatment);
    return as === null ? [] : [{ field: field.name, as }];
  });
}

/** A type that only conditions of others read: its changes must be followed, though not one of its rows is selected. */
function emptyViewSql(table: string): string {
  return `SELECT t.id FROM ${table} t WHERE FALSE`;
}

/** A record may leave because a link row is gone, and then nothing is left that leads from the one to the other. */
function linksOf(policy: CloudPolicy, link: string): string[] {
  return [...policy.types.values()].flatMap((type) =>
    type.follows.flatMap((follow) =>
      follow.kind === 'link' && follow.type === link ? [type.meta.name, follow.reference.column] : [],
    ),
  );
}

function captureRules(policy: CloudPolicy, hasFiles: boolean): CaptureRule[] {
  const rule = (table: string, type: string, links: string[] = []): CaptureRule => ({
    ...{ table, type, keyColumn: 'id', links },
  });
  return [
    ...recordTypes()
      .filter(({ name }) => name !== attachmentType)
      .map((type) => rule(type.table, type.name, linksOf(policy, type.name))),
    rule('crm.custom_field', 'custom_field'),
    rule('access.role', 'role'),
    rule('access.replica_login', 'replica_login'),
    // Another key makes another pseudonym of everything: every row must be looked at again.
    rule('replication.pseudonym_key', '*truncate'),
    ...(hasFiles ? [rule(attachmentTable, attachmentType)] : []),
  ];
}
