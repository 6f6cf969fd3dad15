/** On a replica: what the policy in force leaves out of a type, and what it changes. Implemented by `replication`. */
export interface OmittedFields {
  /** field names, custom ones as `custom.<key>` */
  of(type: string): ReadonlySet<string>;
  /** by field name what was made of the values: `mask last4`, `pseudonym`, `generalise month`, `generalise band 1000` */
  treatments(type: string): ReadonlyMap<string, string>;
}

/** Nest token of OmittedFields; optional, as a primary omits nothing. */
export const OMITTED_FIELDS = Symbol('OMITTED_FIELDS');
