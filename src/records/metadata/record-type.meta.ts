import type { FieldMeta } from './field.meta.js';

/** How a record type takes part in replication. */
export type CloudRole =
  /** selected by the policy's `types` section, like any business record */
  | 'policy'
  /** always travels, with the fixed columns of the system set (see docs/replica-format.md) */
  | 'system'
  /** never leaves the premises */
  | 'none';

/** Everything the engine knows of one record type. Frozen once the registry is sealed. */
export interface RecordTypeMeta {
  /** singular API and policy name, camelCase: `deal` */
  readonly name: string;
  /** plural, the REST path segment: `deals` */
  readonly plural: string;
  /** schema-qualified table, already quoted where needed: `crm.deal` */
  readonly table: string;
  /** field names whose values, joined by a space, name a record to people */
  readonly title: readonly string[];
  /** icon name that the UI knows */
  readonly icon: string;
  readonly cloud: CloudRole;
  /** only administrators may write (users, pipelines, stages) */
  readonly adminOnly: boolean;
  /** every declared field in declaration order, the system fields of CrmRecord first */
  readonly fields: readonly FieldMeta[];
  /** groups of field names whose values together occur once among live records */
  readonly uniqueTogether: readonly (readonly string[])[];
  /** by API name */
  readonly fieldByName: ReadonlyMap<string, FieldMeta>;
  /** the TypeORM entity class */
  readonly target: new () => object;
}
