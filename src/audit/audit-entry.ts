/** What happened, as `AuditTrail.append` takes it. */
export interface AuditEntry {
  /** `create`, `update`, `delete`, `restore`, `sign-in`, `export`, … */
  readonly action: string;
  /** record type name, or what else was acted on: `session`, `customField`, `policy` */
  readonly type: string;
  readonly recordId: string | null;
  readonly fieldNames: readonly string[];
  /** values before and after by field name; they are stored encrypted, apart from the rest */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  /** whose key seals the values; the record itself where left out */
  readonly subject?: { readonly type: string; readonly id: string };
  readonly onBehalfOf?: string | null;
  /** the subject came into being in this transaction, so it cannot have a key yet */
  readonly isFirstOfSubject?: boolean;
}

/** An entry read back. `erased` says that the key of its subject was destroyed, and with it the values. */
export interface AuditRecord {
  readonly id: string;
  /** ISO 8601, UTC, milliseconds */
  readonly at: string;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorName: string;
  readonly action: string;
  readonly fieldNames: readonly string[];
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly erased: boolean;
}
