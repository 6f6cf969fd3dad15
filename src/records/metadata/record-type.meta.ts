import type { FieldMeta } from './field.meta.js';

/** How a record type takes part in replication. */
export type CloudRole =
  /** selected by the policy's `types` section, like any business record */
  | 'policy'
  /** always travels, with the fixed columns of the system set (see docs/replica-format.md) */
  | 'system'
  /** never leaves the premises */
  | 'none';

export interface PartOf {
  /** name of the type of the whole */
  readonly type: string;
  /** name of the required reference that leads to it */
  readonly field: string;
}

/** Holds live records only. */
export interface RecordIndex {
  /** last part of its name */
  readonly name: string;
  readonly fields: readonly string[];
  /** fields that are read along with the key, so that the table itself need not be */
  readonly includes?: readonly string[];
  /** name of a boolean field that must be true: among those records the key occurs once */
  readonly onceWhere?: string;
}

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
  /** field names that tell records of one title apart, in search results; a reference stands for its title */
  readonly subtitle: readonly string[];
  /** icon name that the UI knows */
  readonly icon: string;
  readonly cloud: CloudRole;
  /** only administrators may write (users, pipelines, stages) */
  readonly adminOnly: boolean;
  /** every declared field in declaration order, the system fields of CrmRecord first */
  readonly fields: readonly FieldMeta[];
  /**
   * The record that this one is a part of (a line of a deal): it has no rights of its own, is seen by who sees the
   * whole, and made, changed and removed by who may change the whole.
   */
  readonly partOf?: PartOf;
  /** indexes beyond those that follow from single fields */
  readonly indexes: readonly RecordIndex[];
  /** groups of field names whose values together occur once among live records */
  readonly uniqueTogether: readonly (readonly string[])[];
  /** by API name */
  readonly fieldByName: ReadonlyMap<string, FieldMeta>;
  /** the TypeORM entity class */
  readonly target: new () => object;
}
