/** On a replica: which fields of a type the policy in force leaves out. Implemented by `replication`. */
export interface OmittedFields {
  /** field names, custom ones as `custom.<key>` */
  of(type: string): ReadonlySet<string>;
}

/** Nest token of OmittedFields; optional, as a primary omits nothing. */
export const OMITTED_FIELDS = Symbol('OMITTED_FIELDS');
